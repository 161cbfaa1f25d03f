//! The command that repeats a run: scenario, seed, steps, and every change by hand as `--set ...@STEP`.

use crate::quantity::Value;
use crate::scenario::{self, Cue, Scenario};

/// The command that opens `recorded` again from the scenarios called `names`; `None` where no flags
/// can say it, as after a change of the file.
pub fn command(names: &[String], recorded: &Scenario, cuda: bool) -> Option<String> {
    let mut loaded = names.iter().map(scenario::load);
    let mut base = loaded.next()?.ok()?;
    for other in loaded {
        base = base.beside(other.ok()?).ok()?;
    }
    let mut words = vec!["clip-lab".to_string()];
    words.extend(names.iter().map(|name| quoted(name)));
    if recorded.train.steps != base.train.steps {
        words.push(format!("--steps {}", recorded.train.steps.get()));
        base = base.with_steps(recorded.train.steps);
    }
    if recorded.train.seed != base.train.seed {
        words.push(format!("--seed {}", recorded.train.seed));
        base = base.with_seed(recorded.train.seed);
    }
    if cuda {
        words.push("--device cuda".into());
    }
    let lanes: Vec<&str> = base.lanes.iter().map(|lane| lane.name.as_str()).collect();
    let mut extra = each(&recorded.script, &lanes);
    for cue in each(&base.script, &lanes) {
        let at = extra.iter().position(|other| *other == cue)?;
        extra.remove(at);
    }
    let told = Scenario {
        script: recorded.script.clone(),
        ..base.clone()
    };
    // That a bias was taken away has no value to set.
    let mute = extra.iter().any(|cue| cue.set.value().is_none());
    if mute || told != *recorded {
        return None;
    }
    words.extend(settings(&extra, &lanes).iter().map(|text| {
        let text = quoted(text);
        format!("--set {text}")
    }));
    Some(words.join(" "))
}

/// The command in lines of a width, as a shell takes them.
pub fn folded(command: &str, width: usize) -> String {
    let mut lines: Vec<String> = vec![String::new()];
    // A flag stays with its value.
    for part in command.replace(" --", "\n--").split('\n') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(part);
        } else if line.chars().count() + part.chars().count() + 3 <= width {
            line.push(' ');
            line.push_str(part);
        } else {
            line.push_str(" \\");
            lines.push(format!("  {part}"));
        }
    }
    lines.join("\n")
}

/// Cues for all lanes, as one for each.
fn each(script: &[Cue], lanes: &[&str]) -> Vec<Cue> {
    let own = |cue: &Cue| match &cue.lane {
        Some(_) => vec![cue.clone()],
        None => lanes
            .iter()
            .map(|lane| Cue {
                lane: Some((*lane).into()),
                ..cue.clone()
            })
            .collect(),
    };
    script.iter().flat_map(own).collect()
}

/// What `--set` is to say, in order; what all lanes got at once is said once.
fn settings(cues: &[Cue], lanes: &[&str]) -> Vec<String> {
    let mut left = cues.to_vec();
    let mut said = Vec::new();
    while !left.is_empty() {
        let first = left.remove(0);
        let same = |cue: &Cue| cue.at == first.at && cue.set == first.set;
        let others: Vec<usize> = (0..left.len()).filter(|&i| same(&left[i])).collect();
        let all = lanes.len() > 1
            && lanes.iter().all(|lane| {
                let it = |cue: &Cue| cue.lane.as_deref() == Some(lane);
                it(&first) || others.iter().any(|&i| it(&left[i]))
            })
            && others.len() + 1 == lanes.len();
        let lane = if all || lanes.len() == 1 {
            String::new()
        } else {
            first
                .lane
                .clone()
                .map(|lane| lane + ".")
                .unwrap_or_default()
        };
        if all {
            for i in others.into_iter().rev() {
                left.remove(i);
            }
        }
        let moment = if first.at == 0 {
            String::new()
        } else {
            format!("@{}", first.at)
        };
        let value = first.set.value().map(exact).unwrap_or_default();
        said.push(format!("{lane}{}={value}{moment}", first.set.name()));
    }
    said
}

/// The value with all its digits: shown ones are rounded.
fn exact(value: Value) -> String {
    match value {
        Value::Real(x) => x.to_string(),
        Value::Loss(loss) => loss.to_string().to_lowercase(),
        other => other.to_string(),
    }
}

/// The word as a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/=@:,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Base64, as the terminal wants what it is to copy.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4 {
            let digit = ((bits >> (18 - 6 * i)) & 63) as usize;
            text.push(if i <= chunk.len() {
                DIGITS[digit] as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Control;
    use crate::quantity::Steps;
    use crate::scenario::load;

    /// What the command line makes of the command again.
    fn again(command: &str) -> Scenario {
        let mut words = command.split(' ').skip(1).peekable();
        let mut scenario: Option<Scenario> = None;
        let mut sets = Vec::new();
        while let Some(word) = words.next() {
            let mut value = || words.next().unwrap().trim_matches('\'');
            scenario = Some(match (word, scenario) {
                ("--seed", Some(s)) => s.with_seed(value().parse().unwrap()),
                ("--steps", Some(s)) => s.with_steps(Steps::new(value().parse().unwrap()).unwrap()),
                ("--set", Some(s)) => {
                    sets.push(value().to_string());
                    s
                }
                (name, None) => load(name).unwrap(),
                (name, Some(s)) => s.beside(load(name).unwrap()).unwrap(),
            });
        }
        let mut scenario = scenario.unwrap();
        for set in sets {
            scenario.set(&set).unwrap();
        }
        scenario
    }

    fn cues(scenario: &Scenario) -> Vec<Vec<(u64, Control)>> {
        let lanes = scenario.lanes.iter();
        lanes.map(|lane| scenario.cues(&lane.name)).collect()
    }

    #[test]
    fn the_command_opens_the_same_run() {
        let names = ["tau-too-small".to_string()];
        let mut recorded = load("tau-too-small").unwrap().with_seed(9);
        let lane = recorded.lanes[0].name.clone();
        // Each kind of control, to its last digit.
        for (i, name) in Control::NAMES.iter().enumerate() {
            let value = match *name {
                "loss" => "siglip",
                "locked" => "text",
                "batch_size" | "concepts" => "64",
                "learn_temperature" | "learn_bias" | "augment" => "off",
                _ => "0.123456789012345",
            };
            recorded.script.push(Cue {
                at: 10 * i as u64,
                lane: (i % 2 == 0).then(|| lane.clone()),
                set: Control::parse(name, value).unwrap(),
            });
        }
        let line = command(&names, &recorded, false).unwrap();
        assert!(
            line.starts_with("clip-lab tau-too-small --seed 9 --set "),
            "{line}"
        );
        assert!(!line.contains('\n'));
        let opened = again(&line);
        assert_eq!(opened.train, recorded.train);
        assert_eq!(cues(&opened), cues(&recorded), "{line}");
    }

    #[test]
    fn what_all_lanes_got_is_said_once_and_lanes_of_two_scenarios_are_named() {
        let names = ["clip".to_string(), "siglip".to_string()];
        let mut recorded = load("clip")
            .unwrap()
            .beside(load("siglip").unwrap())
            .unwrap();
        for lane in recorded.lanes.clone() {
            recorded.script.push(Cue {
                at: 20,
                lane: Some(lane.name),
                set: Control::parse("batch_size", "64").unwrap(),
            });
        }
        let line = command(&names, &recorded, false).unwrap();
        assert_eq!(line, "clip-lab clip siglip --set batch_size=64@20");
        assert_eq!(cues(&again(&line)), cues(&recorded));
    }

    #[test]
    fn what_flags_cannot_say_is_not_said() {
        let names = ["clip".to_string()];
        let mut changed = load("clip").unwrap();
        changed.lanes[0].name = "other".into();
        assert_eq!(command(&names, &changed, false), None);
        assert_eq!(command(&["no/such/file.ron".into()], &changed, false), None);
    }

    #[test]
    fn a_folded_command_is_the_same_command() {
        let line = "clip-lab 'my file.ron' --seed 3 --set temperature=0.05 --set bias=-10@20";
        let folded = folded(line, 40);
        assert!(folded.lines().count() > 1 && folded.lines().all(|l| l.chars().count() <= 40));
        assert_eq!(folded.replace(" \\\n  ", " "), line);
    }

    #[test]
    fn base64_is_as_rfc_4648_has_it() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
