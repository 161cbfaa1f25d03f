//! The lab's pairs as `WebDataset` shards: tar files of `KEY.png` and `KEY.txt`.
//!
//! Process r of R reads shards r, r + R, r + 2R, ...; shards are filled so that, read in order, process r gets the
//! r-th part of each of the lab's batches, batch by batch.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};

use crate::data::{Batch, Prepared, Request};
use crate::error::{Error, Result};

/// Pairs of a shard, about.
const SHARD: u64 = 4096;
/// Bytes of a block of a tar file.
const BLOCK: usize = 512;

/// How an epoch's pairs are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Batches.
    pub steps: u64,
    /// Pairs in a batch.
    pub batch: usize,
    /// Processes; they divide the batch.
    pub ranks: usize,
}

impl Layout {
    /// Pairs in all.
    pub(super) const fn pairs(self) -> u64 {
        self.steps * self.batch as u64
    }

    /// Pairs of a batch that a process gets.
    const fn share(self) -> usize {
        self.batch / self.ranks
    }

    /// Batches of which a shard holds a part.
    fn steps_of_a_shard(self) -> u64 {
        (SHARD / self.share() as u64).clamp(1, self.steps)
    }

    /// Shards in all.
    pub(super) fn shards(self) -> u64 {
        self.steps.div_ceil(self.steps_of_a_shard()) * self.ranks as u64
    }

    /// All shards in `folder`, as `WebDataset` names them.
    pub(super) fn urls(self, folder: &str) -> String {
        format!("{folder}/{{00000..{:05}}}.tar", self.shards() - 1)
    }
}

/// Bytes that a pair takes in a shard, in the mean over the first batch.
pub(super) fn bytes_of_a_pair(prepared: &Prepared, request: &Request) -> Result<f64> {
    // A smaller batch is the beginning of a larger one.
    let request = Request {
        batch_size: request.batch_size.min(64),
        ..*request
    };
    let batch = prepared.batch(&request, threads());
    let pairs = encode(&batch)?;
    let entry = |bytes: usize| BLOCK + bytes.next_multiple_of(BLOCK);
    let all: usize = pairs
        .iter()
        .zip(&batch.captions)
        .map(|(png, caption)| entry(png.len()) + entry(caption.len()))
        .sum();
    Ok(all as f64 / pairs.len().max(1) as f64)
}

/// Writes all shards; hears of the pairs as they are written. `request` is for the first batch.
pub(super) fn write(
    prepared: &Prepared,
    mut request: Request,
    layout: Layout,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let (first, each) = (request.step, layout.steps_of_a_shard());
    let mut open: Vec<Shard> = Vec::new();
    for step in 0..layout.steps {
        if step.is_multiple_of(each) {
            close(&mut open)?;
            let number = step / each * layout.ranks as u64;
            let numbers = number..number + layout.ranks as u64;
            open = numbers
                .map(|n| Shard::create(folder.join(format!("{n:05}.tar"))))
                .collect::<Result<_>>()?;
        }
        request.step = first + step;
        let batch = prepared.batch(&request, threads());
        let pictures = encode(&batch)?;
        for (pair, (png, caption)) in pictures.iter().zip(&batch.captions).enumerate() {
            let key = format!("{step:07}-{pair:06}");
            let shard = &mut open[pair / layout.share()];
            shard.add(&format!("{key}.png"), png)?;
            shard.add(&format!("{key}.txt"), caption.as_bytes())?;
        }
        progress(batch.len() as u64);
    }
    close(&mut open)
}

fn close(open: &mut Vec<Shard>) -> Result<()> {
    open.drain(..).try_for_each(Shard::finish)
}

/// A tar file in the making, beside its place until it is whole.
struct Shard {
    path: PathBuf,
    tar: tar::Builder<BufWriter<File>>,
}

impl Shard {
    fn create(path: PathBuf) -> Result<Self> {
        let draft = path.with_extension("part");
        let file = File::create(&draft).map_err(Error::file("create", &draft))?;
        Ok(Self {
            path,
            tar: tar::Builder::new(BufWriter::new(file)),
        })
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        // The same bytes whoever writes them, and when.
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        self.tar
            .append_data(&mut header, name, bytes)
            .map_err(Error::file("write", &self.path))
    }

    fn finish(self) -> Result<()> {
        let Self { path, tar } = self;
        let write = || {
            tar.into_inner()?.flush()?;
            fs::rename(path.with_extension("part"), &path)
        };
        write().map_err(Error::file("write", &path))
    }
}

/// The batch's pictures as PNG files, which lose nothing.
fn encode(batch: &Batch) -> Result<Vec<Vec<u8>>> {
    let side = batch.side;
    let one = |pair: usize| {
        let planes = batch.pictures(pair..pair + 1);
        let area = side * side;
        let rgb: Vec<u8> = (0..area)
            .flat_map(|at| [planes[at], planes[area + at], planes[2 * area + at]])
            .collect();
        let mut png = Vec::new();
        PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
            .write_image(&rgb, side as u32, side as u32, ExtendedColorType::Rgb8)
            .map_err(|e| Error::Internal(format!("a picture as PNG: {e}")))?;
        Ok(png)
    };
    (0..batch.len()).into_par_iter().map(one).collect()
}

fn threads() -> usize {
    available_parallelism().map_or(1, std::num::NonZero::get)
}
