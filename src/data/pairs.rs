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
mod table;
mod tar;
mod webdataset;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use rand_chacha::ChaCha8Rng;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::augment::Augment;
use super::decode::{Limits, decode};
use super::draw::{Purpose, below, chance, generator};
use super::preprocess::Preprocess;
use super::{ClassId, Dataset, Item, Labels, Made, Picture, Request, Wanted, classes, corrupt};
use crate::error::{Error, Result};
use crate::scenario::{self, Concepts, PairsFormat, Quality};
use crate::telemetry::Split;
use damage::{Tally, shown};
use index::{Builder, Found, Index};
use order::Order;
use picture::Crop;

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
                0 => "there is nothing in it".into(),
                n => format!("all of its {n} pairs are held out"),
            });
            return Err(Error::Data(format!(
                "{}: there is no pair to train on\n  {why}",
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
            Error::Data(format!(
                "{}: no picture can be used\n  {why}",
                shown(&spec.path)
            ))
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

impl Dataset for Pairs {
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
        let fewer = quality.concepts.map_or(all, Concepts::size) < all;
        let mut pairs: Vec<Item> = if fewer || quality.imbalance.get() > 0.0 {
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
        classes::repeat(&mut pairs, seed, step, quality.duplicates.get());
        pairs
    }

    fn pair(&self, item: Item, wanted: Wanted, rng: &mut ChaCha8Rng) -> Made {
        let mut pair = item;
        for _ in 0..TRIES {
            let caption = self.caption(pair, rng);
            let class = self.index.class(pair);
            if !wanted.picture {
                return Made {
                    class,
                    caption,
                    picture: None,
                };
            }
            let crop = if wanted.augment {
                Crop::draw(rng)
            } else {
                Crop::WHOLE
            };
            let picture = self.picture(pair, crop);
            if picture.is_some() {
                return Made {
                    class,
                    caption,
                    picture,
                };
            }
            pair = self.index.trained[below(rng, self.index.trained.len())] as usize;
        }
        let (pair, picture) = &self.sound;
        Made {
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

    /// Nothing is known of the language of the user's captions.
    fn languages(&self) -> Vec<(String, f64)> {
        Vec::new()
    }

    fn names_in(&self, _: &str) -> Vec<String> {
        Vec::new()
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

    /// A photograph is cut, and otherwise left as it is.
    fn augmentation(&self) -> Augment {
        Augment::NONE
    }
}

fn made(index: &Index, pair: usize, crop: Crop, side: usize) -> Result<Picture, String> {
    let bytes = picture::read(&index.found(pair))?;
    let decoded = decode(&bytes, Limits::default()).map_err(|damage| damage.to_string())?;
    if crop != Crop::WHOLE {
        return picture::square(&decoded.image, crop, side);
    }
    // As a saved model will see it.
    let seen = Preprocess::photos(side).bytes(&decoded.image);
    let pixels = seen.bytes.chunks_exact(3);
    Ok(Picture {
        side,
        rgba: pixels.map(|p| [p[0], p[1], p[2], 255]).collect(),
    })
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

fn format_of(spec: &scenario::Pairs, path: &str) -> Result<PairsFormat> {
    spec.format_of(path)
        .ok_or_else(|| Error::Data(format!("{}: say what it is with `format`", shown(path))))
}

/// Where the paths of pictures start.
fn base(spec: &scenario::Pairs, root: &Path, path: &str, format: PairsFormat) -> PathBuf {
    let path = root.join(path);
    match (&spec.images, format) {
        (_, PairsFormat::Folders | PairsFormat::WebDataset) => path,
        (Some(images), _) => root.join(images),
        (None, _) => path.parent().map_or_else(PathBuf::new, Path::to_path_buf),
    }
}

/// Adds everything that `path` names; what was taken for what.
fn add(
    spec: &scenario::Pairs,
    root: &Path,
    path: &str,
    format: PairsFormat,
    to: &mut Builder,
) -> Result<String> {
    let whole = root.join(path);
    match format {
        PairsFormat::Csv => table::csv(&whole, spec, false, to),
        PairsFormat::Tsv => table::csv(&whole, spec, true, to),
        PairsFormat::Jsonl => table::jsonl(&whole, spec, to),
        PairsFormat::Folders => match folders::classes(&whole, to)? {
            1 => Ok("1 folder".into()),
            n => Ok(format!("{n} folders")),
        },
        PairsFormat::WebDataset => {
            let shards = if whole.is_dir() {
                braces::files("*.tar", &whole)?
            } else {
                braces::files(path, root)?
            };
            for shard in &shards {
                webdataset::shard(shard, spec, to);
            }
            match shards.len() {
                1 => Ok("1 shard".into()),
                n => Ok(format!("{n} shards")),
            }
        }
    }
}

fn counted(pairs: u64) -> String {
    match pairs {
        1 => "1 pair".into(),
        n => format!("{n} pairs"),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;
    use crate::data::{Batch, sample};

    /// Fixtures that pandas, webdataset and Python's csv, json and tarfile wrote.
    const FIXTURES: &str = "tests/fixtures/pairs";

    fn spec(path: &str, more: &str) -> scenario::Pairs {
        ron::from_str(&format!(
            "(path: {path:?}, folder: Some({FIXTURES:?}), {more})"
        ))
        .unwrap()
    }

    fn open(path: &str, more: &str) -> Result<Pairs> {
        Pairs::open(&spec(path, &format!("augment: true, {more}")), 16)
    }

    /// All of it, nothing held out: the captions, pair by pair, and what was said.
    fn all(path: &str, more: &str) -> (Vec<String>, String) {
        let pairs = open(path, &format!("held_out: Some(0.0), {more}")).unwrap();
        let caption = |pair: &u32| pairs.index.caption(*pair as usize, 0).to_owned();
        let captions = pairs.index.trained.iter().map(caption).collect();
        (captions, pairs.notices().join("\n"))
    }

    fn request(step: u64, batch_size: usize) -> Request {
        Request {
            seed: 3,
            step,
            batch_size,
            image_size: 16,
            augment: true,
            quality: Quality::default(),
        }
    }

    fn batch(pairs: &Pairs, request: &Request) -> Batch {
        let made = sample(pairs, request, 1);
        assert_eq!(
            made,
            sample(pairs, request, 3),
            "three threads make another"
        );
        made
    }

    /// The colour in the middle of a picture of a batch.
    fn colour(batch: &Batch, pair: usize) -> [u8; 3] {
        let picture = batch.pictures(pair..pair + 1);
        [136, 256 + 136, 512 + 136].map(|at| picture[at])
    }

    #[test]
    fn tables_are_read_as_their_writers_meant_them() {
        for (path, taken) in [
            ("photos.csv", "`filepath` and `title`"),
            ("tabs.csv", "`filepath` and `title`"),
            ("photos.tsv", "`image` and `text`"),
        ] {
            let (captions, said) = all(path, "");
            let red = "a red one, all of it";
            let wanted = [
                red,
                "the \"green\" one",
                "blau \u{2014} \u{9752}",
                "cut short",
                red,
            ];
            assert_eq!(captions, wanted, "{path}");
            assert!(
                said.contains("5 pairs to train on, 0 held out, 4 different captions"),
                "{said}"
            );
            assert!(said.contains(taken), "{said}");
            assert!(
                said.contains("2 left out: img/none.png (no such file), img/grey.png (no caption)"),
                "{said}"
            );
        }
        let (captions, said) = all("photos.jsonl", "");
        assert_eq!(captions, ["a red one", "green", "blue"]);
        assert!(said.contains("`image` and `caption`"), "{said}");
        let wanted = "4 left out: line 5 (not a JSON object), line 6 (no path of a picture), img/grey.png (no \
                      caption), line 8 (not a JSON object)";
        assert!(said.contains(wanted), "{said}");
        let pairs = open("photos.jsonl", "held_out: Some(0.0)").unwrap();
        assert_eq!(
            (pairs.index.captions(1), pairs.index.caption(1, 2)),
            (3, "vert")
        );
    }

    #[test]
    fn shards_are_read_as_webdataset_wrote_them() {
        let (captions, said) = all("shard-{000000..000002}.tar", "");
        let wanted = [
            "red from text",
            "green from json",
            "blue from text",
            "grey from json",
            "red from text",
        ];
        assert_eq!(captions, wanted);
        assert!(
            said.contains("(3 shards)") && !said.contains("left out"),
            "{said}"
        );
        let pairs = open("shard-*.tar", "held_out: Some(0.0), shuffle_buffer: 1").unwrap();
        assert_eq!(pairs.index.ends, [2, 4, 5]);
        let made = batch(&pairs, &request(0, 5));
        for pair in 0..5 {
            let [r, g, b] = colour(&made, pair).map(i32::from);
            let right = match made.captions[pair].split(' ').next().unwrap() {
                "red" => r > 200 && g < 50,
                "green" => g > 140 && r < 50,
                "blue" => b > 180 && r < 50,
                _ => (r - g).abs() < 5 && (r - 128).abs() < 9,
            };
            assert!(right, "{} is {r} {g} {b}", made.captions[pair]);
        }
        // A shard that is missing costs itself.
        let (captions, said) = all("shard-{000001..000003}.tar", "");
        assert_eq!(captions.len(), 3);
        assert!(
            said.contains("1 left out: tests/fixtures/pairs/shard-000003.tar (no such file)"),
            "{said}"
        );
        for path in ["gnu.tar", "pax.tar"] {
            let (captions, said) = all(path, "");
            assert_eq!(captions, ["a long name", "\u{9752}"], "{said}");
        }
    }

    #[test]
    fn nothing_leads_out_of_an_archive_and_what_is_damaged_is_named() {
        let (captions, said) = all("hostile.tar", "");
        assert_eq!(captions, ["good", "cut short", "one"]);
        let wanted = "11 left out: ../out.jpg (its path leads out of the archive), ../out.txt (its path leads out \
                      of the archive), /abs.jpg (its path leads out of the archive), /abs.txt (its path leads out \
                      of the archive), link.jpg (not a plain file of the archive), and 6 more";
        assert!(said.contains(wanted), "{said}");
        // Decoded, the third turns out to be none: another comes in its place, the same one each time.
        let pairs = open("hostile.tar", "held_out: Some(0.0)").unwrap();
        let made = batch(&pairs, &request(0, 30));
        assert!(made.captions.iter().all(|caption| caption != "cut short"));
        assert_eq!(pairs.notices().len(), 3, "{:?}", pairs.notices());
        assert!(pairs.notices()[2].starts_with(
            "1 damaged and replaced: broken.jpg in tests/fixtures/pairs/hostile.tar (damaged: the JPEG"
        ));
        let again = open("hostile.tar", "held_out: Some(0.0)").unwrap();
        assert_eq!(made, batch(&again, &request(0, 30)));
        // A key that was asked for stands in the JSON alone.
        assert_eq!(all("hostile.tar", "caption: Some(\"text\")").0, ["one"]);
    }

    #[test]
    fn folders_are_classes() {
        let pairs = open("classes", "format: Some(Folders), held_out: Some(0.0)").unwrap();
        assert_eq!(pairs.names(), ["cat", "hot dog"]);
        assert_eq!(pairs.trained_classes(), [0, 1]);
        assert_eq!(pairs.labels()[0].of, [0, 1]);
        assert_eq!(pairs.gallery(Split::Trained).len(), 8);
        assert!(pairs.gallery(Split::HeldOut).is_empty());
        let made = batch(&pairs, &request(0, 64));
        for (class, caption) in made.classes.iter().zip(&made.captions) {
            assert!(caption.contains(&pairs.names()[*class]), "{caption}");
        }
        assert!(made.captions.iter().any(|caption| caption == "hot dog"));
        assert!(
            made.captions
                .iter()
                .any(|caption| caption == "a photo of a cat")
        );
        assert!(
            pairs
                .corpus()
                .contains(&"a close-up of a hot dog".to_owned())
        );
        assert_eq!(made.measured().classes, 2);
    }

    #[test]
    fn an_epoch_has_every_pair_once_and_held_out_ones_never_come() {
        let folder = tempfile::tempdir().unwrap();
        let mut table = "filepath,title\n".to_owned();
        let png = fs::read(format!("{FIXTURES}/img/red.png")).unwrap();
        for i in 0..60 {
            fs::write(folder.path().join(format!("{i}.png")), &png).unwrap();
            writeln!(table, "{i}.png,number {i}").unwrap();
        }
        fs::write(folder.path().join("all.csv"), table).unwrap();
        let spec = scenario::Pairs {
            folder: Some(folder.path().display().to_string()),
            ..spec("all.csv", "held_out: Some(0.2)")
        };
        let pairs = Pairs::open(&spec, 16).unwrap();
        let (trained, held_out) = (pairs.index.trained.len(), pairs.index.held_out as usize);
        assert_eq!(trained + held_out, 60);
        assert!((3..25).contains(&held_out));
        let said = |steps: std::ops::Range<u64>, seed| -> Vec<String> {
            let one = |step| {
                batch(
                    &pairs,
                    &Request {
                        seed,
                        ..request(step, trained)
                    },
                )
                .captions
            };
            steps.flat_map(one).collect()
        };
        let first = said(0..1, 3);
        let distinct: HashSet<_> = first.iter().collect();
        assert_eq!(distinct.len(), trained);
        assert_ne!(first, said(1..2, 3));
        assert_ne!(first, said(0..1, 4));
        let hidden = pairs.gallery(Split::HeldOut);
        assert_eq!(hidden.len(), held_out);
        assert!(
            hidden
                .iter()
                .all(|(class, _)| !first.contains(&pairs.names()[*class]))
        );
        // The data's dials draw classes, as of any other data.
        let mut few = request(0, 40);
        few.quality.concepts = Some(Concepts::new(5).unwrap());
        assert_eq!(batch(&pairs, &few).measured().classes, 5);
        let mut twice = request(0, 40);
        twice.quality.duplicates = scenario::Fraction::new(0.5).unwrap();
        assert_eq!(batch(&pairs, &twice).measured().duplicates, 0.5);
    }

    #[test]
    fn nothing_usable_is_an_error_that_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        write("empty.csv", b"");
        write("header.csv", b"filepath,title\n");
        write("columns.csv", b"file,titel\nx.png,y\n");
        write("missing.csv", b"filepath,title\nx.png,a\ny.png,b\n");
        write("broken.csv", b"filepath,title\nx.txt,a\n");
        write("x.txt", b"no picture");
        let mut row = b"filepath,title\n\"".to_vec();
        row.resize(3 << 20, b'x');
        write("quote.csv", &row);
        write("line.jsonl", &row[15..]);
        write("crlf.csv", b"filepath,title\r\nx.png,a\r\ny.png\r\n");
        write("open.csv", b"filepath,title\n\"x.png\ny.png,a\nz.png,b\n");
        write("x.tar", b"no archive");
        for (path, more, message) in [
            ("empty.csv", "", "no column has a usual name"),
            ("header.csv", "", "there is nothing in it"),
            ("columns.csv", "", "its columns: file, titel"),
            (
                "columns.csv",
                "image: Some(\"file\"), caption: Some(\"title\")",
                "did you mean `titel`",
            ),
            (
                "missing.csv",
                "",
                "2 left out: x.png (no such file), y.png (no such file)",
            ),
            ("broken.csv", "held_out: Some(0.0)", "1 damaged: "),
            ("crlf.csv", "", "line 3 (too few columns)"),
            (
                "open.csv",
                "",
                "line 2 (too few columns, up to line 4: a quotation mark is not closed)",
            ),
            ("quote.csv", "", "a quote that is never closed?"),
            ("line.jsonl", "", "line 1 (more than 1 MiB)"),
            ("x.tar", "", "the archive ends within a header"),
            ("none.csv", "", "cannot read"),
            ("none", "format: Some(Folders)", "cannot read"),
            (
                "*.tar.gz",
                "format: Some(WebDataset)",
                "no file is called like",
            ),
        ] {
            let spec = scenario::Pairs {
                folder: Some(folder.path().display().to_string()),
                ..spec(path, more)
            };
            let Err(error) = Pairs::open(&spec, 16) else {
                panic!("{path} was accepted")
            };
            assert_eq!(error.kind(), crate::error::Kind::User);
            assert!(error.to_string().contains(message), "{path}: {error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_class_folders_are_not_followed() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let png = fs::read(format!("{FIXTURES}/img/red.png")).unwrap();
        fs::create_dir(folder.path().join("cat")).unwrap();
        fs::write(folder.path().join("cat/1.png"), &png).unwrap();
        fs::write(outside.path().join("2.png"), &png).unwrap();
        let link = |to: &Path, name: &str| {
            std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        };
        link(&outside.path().join("2.png"), "cat/2.png");
        link(&folder.path().join("cat/1.png"), "cat/3.png");
        link(outside.path(), "dog");
        link(folder.path(), "cat/round");
        let spec = scenario::Pairs {
            folder: Some(folder.path().display().to_string()),
            held_out: Some(scenario::Fraction::new(0.0).unwrap()),
            ..spec(".", "format: Some(Folders)")
        };
        let pairs = Pairs::open(&spec, 16).unwrap();
        assert_eq!(pairs.index.trained.len(), 2);
        assert!(
            pairs.found[1].starts_with("3 left out: "),
            "{:?}",
            pairs.found
        );
    }

    #[test]
    fn other_data_may_be_what_is_held_out() {
        let pairs = open("photos.csv", "held_out_path: Some(\"shard-*.tar\")").unwrap();
        assert_eq!((pairs.index.trained.len(), pairs.index.held_out), (5, 5));
        assert_eq!(pairs.gallery(Split::HeldOut).len(), 5);
        assert!(
            pairs.found[0].contains("; held out: 3 shards"),
            "{:?}",
            pairs.found
        );
        assert!(pairs.trained_classes().len() < pairs.names().len());
    }
}
