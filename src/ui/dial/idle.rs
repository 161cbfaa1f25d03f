//! Why a dial can have no effect now, in a few words: shown while it is in hand, and when it is turned.

use crate::control::{Dial, Settings};
use crate::telemetry::LaneStatus;

impl Dial {
    /// Why turning the dial of a lane changes nothing at present, as the end of a sentence; `None` where it does.
    pub fn idle(self, settings: &Settings, status: &LaneStatus) -> Option<String> {
        of_lane(status).or_else(|| self.of_settings(settings))
    }

    fn of_settings(self, settings: &Settings) -> Option<String> {
        let (batch, law) = (settings.batch_size, settings.loss.law());
        let alone = batch == 1;
        let stands_still = settings.learning_rate == 0.0;
        match self {
            Self::Temperature if alone && !law.uses_bias() => {
                Some("with one pair in the batch the softmax has nothing to compare".into())
            }
            Self::Bias if !law.uses_bias() => Some(format!(
                "{} ignores the bias, since a softmax cancels it",
                settings.loss
            )),
            Self::WeightDecay | Self::Beta2 | Self::Lock if stands_still => {
                Some("the learning rate is 0, so no weight moves".into())
            }
            Self::ShuffleCaptions | Self::Duplicates if alone => {
                Some("the batch has only one pair".into())
            }
            Self::Augment if all(settings.noise_images, batch) => {
                Some("every image is noise already".into())
            }
            // One caption has none to be exchanged with, and one pair none to share its concept with.
            Self::ShuffleCaptions => too_few(settings.shuffle_captions, batch, 2),
            Self::Duplicates => too_few(settings.duplicates, batch, 2),
            Self::RandomCaptions => too_few(settings.random_captions, batch, 1),
            Self::NoiseImages => too_few(settings.noise_images, batch, 1),
            _ => None,
        }
    }
}

/// Why no dial of the lane has an effect.
fn of_lane(status: &LaneStatus) -> Option<String> {
    Some(match status {
        LaneStatus::Finished => "the lane has ended: r resets it".into(),
        LaneStatus::Diverged(_) => "the lane has diverged: U rewinds it, r resets it".into(),
        LaneStatus::Failed(_) => "the lane has failed".into(),
        LaneStatus::Starting | LaneStatus::Running | LaneStatus::Paused => return None,
    })
}

/// Pairs of the batch that a share comes to.
fn pairs(share: f64, batch: u64) -> u64 {
    (share * batch as f64).round() as u64
}

fn all(share: f64, batch: u64) -> bool {
    pairs(share, batch) >= batch
}

/// That a share comes to fewer pairs than it takes. A share of 0 is as it should be.
fn too_few(share: f64, batch: u64, least: u64) -> Option<String> {
    let made = pairs(share, batch);
    (share > 0.0 && made < least)
        .then(|| format!("of {batch} pairs this is {made}, and it takes {least}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use crate::quantity::Loss;
    use crate::ui::fixture;

    fn settings(loss: Loss, changes: &[(&str, &str)]) -> Settings {
        let mut settings = fixture::settings(loss);
        for (name, value) in changes {
            settings.set(Control::parse(name, value).unwrap());
        }
        settings
    }

    /// The dials that are idle.
    fn idle(loss: Loss, changes: &[(&str, &str)]) -> Vec<Dial> {
        let settings = settings(loss, changes);
        let idle = |dial: &Dial| dial.idle(&settings, &LaneStatus::Running).is_some();
        Dial::ALL.into_iter().filter(idle).collect()
    }

    #[test]
    fn of_all_dials_those_that_change_nothing_say_so_and_no_other() {
        use Dial::{
            Augment, Beta2, Bias, Duplicates, Lock, NoiseImages, RandomCaptions, ShuffleCaptions,
            Temperature, WeightDecay,
        };
        type Case = (&'static [(&'static str, &'static str)], &'static [Dial]);
        // Under SigLIP; InfoNCE adds the bias.
        let cases: [Case; 9] = [
            (&[], &[]),
            (&[("learning_rate", "0")], &[WeightDecay, Lock, Beta2]),
            (&[("random_captions", "1")], &[]),
            (&[("noise_images", "1")], &[Augment]),
            (&[("batch_size", "1")], &[ShuffleCaptions, Duplicates]),
            (
                &[("batch_size", "8"), ("noise_images", "0.05")],
                &[NoiseImages],
            ),
            (
                &[("batch_size", "8"), ("random_captions", "0.05")],
                &[RandomCaptions],
            ),
            (
                &[("batch_size", "8"), ("shuffle_captions", "0.1")],
                &[ShuffleCaptions],
            ),
            (&[("batch_size", "8"), ("duplicates", "0.1")], &[Duplicates]),
        ];
        for (changes, expected) in cases {
            assert_eq!(idle(Loss::SigLip, changes), expected, "{changes:?}");
            let mut softmax = idle(Loss::InfoNce, changes);
            assert!(softmax.contains(&Bias), "{changes:?}");
            softmax.retain(|dial| *dial != Bias && *dial != Temperature);
            assert_eq!(softmax, expected, "{changes:?}");
        }
        assert!(idle(Loss::InfoNce, &[("batch_size", "1")]).contains(&Temperature));
    }

    #[test]
    fn no_dial_of_a_lane_that_has_ended_has_an_effect() {
        let settings = fixture::settings(Loss::SigLip);
        let ended = [
            LaneStatus::Finished,
            LaneStatus::Diverged(3),
            LaneStatus::Failed("why".into()),
        ];
        for status in ended {
            assert!(
                Dial::ALL
                    .iter()
                    .all(|dial| dial.idle(&settings, &status).is_some())
            );
        }
    }
}
