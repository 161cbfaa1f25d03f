//! [`Pairs`]: pictures and captions of the user's own, in tables, tar shards or class folders.
//!
//! All is indexed once: where each picture lies and what is said of it, some 40 bytes a pair beside the different
//! captions and, where pictures are files, their paths. A picture is read and decoded when a batch has it, and not
//! kept. A *class* is a caption: pairs with the same one are known to be no negatives of one another.
//!
//! An epoch has every pair once, in an order that is a function of the seed and the epoch (`order`). What turns out
//! to be damaged is counted, named and replaced by another pair, the same one in every run over the same files.

mod braces;
mod damage;
mod folders;
mod index;
mod order;
mod picture;
mod source;
mod table;
mod tar;
mod webdataset;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use rand_chacha::ChaCha8Rng;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::control::Quality;
use crate::data::decode::{Limits, decode};
use crate::data::preprocess::Preprocess;
use crate::data::{
    ClassId, DataSet, Item, Labels, Picture, Request, Sample, View, classes, corrupt,
};
use crate::error::{Error, Result};
use crate::random::{Purpose, below, chance, generator};
use crate::scenario::{self, PairsFormat};
use crate::telemetry::Split;
use damage::{Tally, shown};
use index::{Builder, Found, Index};
use order::Order;
use picture::Crop;
use source::{add, base, format_of};

/// Most pictures of an evaluation, trained or held out: those whose names have the smallest hashes.
const GALLERY: usize = 500;

/// Most captions that the tokenizer learns from.
const MOST_CORPUS: usize = 200_000;

/// So many pictures in a row must be damaged for a set to be none.
const HOPELESS: usize = 1000;

/// So many others are tried in the place of a damaged pair.
const TRIES: usize = 100;

/// Class folders that are a property for probes, at most.
const MOST_LABELS: usize = 1000;

/// Said of a folder's picture unless the scenario says something else.
const TEMPLATES: [&str; 3] = ["a photo of a {}", "a picture of a {}", "a close-up of a {}"];

/// Pairs of the user's own, as one scenario uses them.
pub struct Pairs {
    index: Index,
    order: Order,
    trained_classes: Vec<ClassId>,
    side: usize,
    /// Of class folders; empty where pairs have captions.
    templates: Vec<String>,
    found: Vec<String>,
    damaged: Mutex<Damaged>,
    /// A pair whose picture was sound, for when nothing else is left.
    sound: (usize, Picture),
    vocabulary: OnceLock<Vec<String>>,
}

/// Pictures that were read and could not be used.
#[derive(Default)]
struct Damaged {
    pairs: HashSet<usize>,
    tally: Tally,
}

impl Pairs {
    /// Indexes what the scenario names, for pictures of `side` pixels a side.
    ///
    /// # Errors
    /// [`Error::Data`] or [`Error::File`] if there is nothing to train on; the text says why.
    pub fn open(spec: &scenario::Pairs, side: usize) -> Result<Self> {
        let root = PathBuf::from(spec.folder.as_deref().unwrap_or_default());
        let format = format_of(spec, &spec.path)?;
        let mut builder = Builder::new(
            base(spec, &root, &spec.path, format),
            spec.held_out_share(),
            GALLERY,
        );
        let mut taken = add(spec, &root, &spec.path, format, &mut builder)?;
        if let Some(path) = &spec.held_out_path {
            let format = format_of(spec, path)?;
            builder.hold_out(base(spec, &root, path, format));
            let more = add(spec, &root, path, format, &mut builder)?;
            if more != taken {
                taken = format!("{taken}; held out: {more}");
            }
        }
        let index = builder.finish();
        let left_out = index.dropped.text("left out");
        if index.trained.is_empty() {
            let why = left_out.unwrap_or_else(|| match index.held_out {
                0 => "it is empty".into(),
                n => format!("all {n} pairs are held out"),
            });
            return Err(Error::Data(format!(
                "{}: no pairs to train on\n  {why}",
                shown(&spec.path)
            )));
        }
        let mut found = vec![format!(
            "{}: {} to train on, {} held out, {} different captions ({taken})",
            shown(&spec.path),
            counted(index.trained.len() as u64),
            index.held_out,
            index.names.len(),
        )];
        found.extend(left_out);
        let mut damaged = Damaged::default();
        let sound = first_sound(&index, side, &mut damaged).ok_or_else(|| {
            let why = damaged.tally.text("damaged").unwrap_or_default();
            Error::Data(format!("{}: no usable images\n  {why}", shown(&spec.path)))
        })?;
        let sharded = !index.ends.is_empty() && format == PairsFormat::WebDataset;
        let all = index.trained.len() as u64;
        let order = if sharded {
            Order::new(index.ends.clone(), spec.shuffle_buffer.get())
        } else {
            // Each is a file: any order costs the same.
            Order::new(vec![all], all)
        };
        let own = || TEMPLATES.map(Into::into).to_vec();
        let has_some = |class: &ClassId| !index.of(*class).is_empty();
        Ok(Self {
            order,
            trained_classes: (0..index.names.len()).filter(has_some).collect(),
            side,
            templates: match format {
                PairsFormat::Folders => spec.templates.clone().unwrap_or_else(own),
                _ => Vec::new(),
            },
            found,
            damaged: Mutex::new(damaged),
            sound,
            vocabulary: OnceLock::new(),
            index,
        })
    }

    /// The picture of a pair, unless it is damaged.
    fn picture(&self, pair: usize, crop: Crop) -> Option<Picture> {
        let lock = || self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().pairs.contains(&pair) {
            return None;
        }
        match made(&self.index, pair, crop, self.side) {
            Ok(picture) => Some(picture),
            Err(why) => {
                lock().add(&self.index, pair, &why);
                None
            }
        }
    }

    /// A caption of a pair; which one is up to the generator.
    fn caption(&self, pair: usize, rng: &mut ChaCha8Rng) -> String {
        if self.templates.is_empty() {
            let which = match self.index.captions(pair) {
                1 => 0,
                several => below(rng, several),
            };
            return self.index.caption(pair, which).to_owned();
        }
        let name = self.index.caption(pair, 0);
        if chance(rng, 0.5) {
            return name.to_owned();
        }
        self.templates[below(rng, self.templates.len())].replace("{}", name)
    }
}

impl Damaged {
    fn add(&mut self, index: &Index, pair: usize, why: &str) {
        // Two threads may have found it at once.
        if self.pairs.insert(pair) {
            let name = match index.found(pair) {
                Found::File(path) => path.display().to_string(),
                Found::Member(shard, offset, _) => tar::name_at(&shard, offset),
            };
            self.tally.add(&name, why);
        }
    }
}

impl DataSet for Pairs {
    fn names(&self) -> &[String] {
        &self.index.names
    }

    fn candidates(&self) -> usize {
        self.index.candidates
    }

    fn trained_classes(&self) -> &[ClassId] {
        &self.trained_classes
    }

    /// Pairs in the epoch's order. With fewer concepts than there are, or where some come more often, classes are
    /// drawn as of any other data, and a random pair of each; then no epoch is kept to.
    fn draw(&self, request: &Request) -> Vec<Item> {
        let (seed, step, count) = (request.seed, request.step, request.batch_size);
        let quality = &request.quality;
        let all = self.trained_classes.len();
        let fewer = quality.concepts.map_or(all, |n| n as usize) < all;
        let mut pairs: Vec<Item> = if fewer || quality.imbalance > 0.0 {
            let quality = Quality {
                duplicates: Quality::default().duplicates,
                ..*quality
            };
            let drawn = classes::draw(
                &self.trained_classes,
                &Request {
                    quality,
                    ..*request
                },
            );
            let mut rng = generator(seed, Purpose::Pick, step, 0);
            let mut pick = |class: ClassId| {
                let pairs = self.index.of(class);
                pairs[below(&mut rng, pairs.len())] as usize
            };
            drawn.into_iter().map(&mut pick).collect()
        } else {
            let first = step.saturating_mul(count as u64);
            let places = self.order.places(seed, first, count);
            places
                .into_iter()
                .map(|place| self.index.trained[place] as usize)
                .collect()
        };
        classes::repeat(&mut pairs, seed, step, quality.duplicates);
        pairs
    }

    fn pair(&self, item: Item, view: View, rng: &mut ChaCha8Rng) -> Sample {
        let mut pair = item;
        for _ in 0..TRIES {
            let caption = self.caption(pair, rng);
            let class = self.index.class(pair);
            let crop = match view {
                View::Nothing => None,
                View::Whole => Some(Crop::WHOLE),
                View::Augmented => Some(Crop::draw(rng)),
            };
            let picture = crop.and_then(|crop| self.picture(pair, crop));
            if picture.is_some() || view == View::Nothing {
                return Sample {
                    class,
                    caption,
                    picture,
                };
            }
            pair = self.index.trained[below(rng, self.index.trained.len())] as usize;
        }
        let (pair, picture) = &self.sound;
        Sample {
            class: self.index.class(*pair),
            caption: self.caption(*pair, rng),
            picture: Some(picture.clone()),
        }
    }

    fn slow(&self) -> bool {
        true
    }

    fn notices(&self) -> Vec<String> {
        let damaged = self.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        let damaged = damaged.tally.text("damaged and replaced");
        self.found.iter().cloned().chain(damaged).collect()
    }

    fn gallery(&self, split: Split) -> Vec<(ClassId, Picture)> {
        let pairs = match split {
            Split::Trained => &self.index.galleries[0],
            Split::HeldOut => &self.index.galleries[1],
        };
        let make = |pair: &u32| {
            let pair = *pair as usize;
            let picture = self.picture(pair, Crop::WHOLE)?;
            Some((self.index.class(pair), picture))
        };
        pairs.par_iter().filter_map(make).collect()
    }

    fn corpus(&self) -> Vec<String> {
        let stride = self.index.spoken().count().div_ceil(MOST_CORPUS).max(1);
        let said = self.index.spoken().step_by(stride).map(str::to_owned);
        let mut corpus: Vec<String> = said.collect();
        for template in &self.templates {
            let of = |class: &ClassId| template.replace("{}", &self.index.names[*class]);
            corpus.extend(self.trained_classes.iter().map(of));
        }
        corpus
    }

    fn words(&self) -> &[String] {
        self.vocabulary.get_or_init(|| {
            let words = corrupt::words(&self.corpus());
            // Captions of nothing but commas have none.
            if words.is_empty() {
                self.index.names.clone()
            } else {
                words
            }
        })
    }

    /// The folders, if they are classes.
    fn labels(&self) -> Vec<Labels> {
        let names = &self.index.names;
        if self.templates.is_empty() || names.len() > MOST_LABELS {
            return Vec::new();
        }
        vec![Labels::new("folder", names.iter().map(String::as_str))]
    }

    /// A photograph is cut, and otherwise left as it is: nothing is augmented but by its crop.
    fn preprocess(&self, side: usize) -> Preprocess {
        Preprocess::photos(side)
    }
}

fn made(index: &Index, pair: usize, crop: Crop, side: usize) -> Result<Picture, String> {
    let bytes = picture::read(&index.found(pair))?;
    let decoded = decode(&bytes, Limits::default()).map_err(|damage| damage.to_string())?;
    Ok(picture::square(&decoded.image, crop, side))
}

fn first_sound(index: &Index, side: usize, damaged: &mut Damaged) -> Option<(usize, Picture)> {
    index.trained.iter().take(HOPELESS).find_map(|pair| {
        let pair = *pair as usize;
        match made(index, pair, Crop::WHOLE, side) {
            Ok(picture) => Some((pair, picture)),
            Err(why) => {
                damaged.add(index, pair, &why);
                None
            }
        }
    })
}

fn counted(pairs: u64) -> String {
    match pairs {
        1 => "1 pair".into(),
        n => format!("{n} pairs"),
    }
}

#[cfg(test)]
mod tests;
