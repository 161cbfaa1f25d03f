//! `clip-lab embed`: features of pictures and captions, into a file that other programs and `clip-lab loss` read.

use std::path::PathBuf;

use clap::Args;

use super::options::{Device, Precision};
use super::pictures::{complain, unread};
use super::progress;
use crate::data::loader;
use crate::error::{Error, Result};
use crate::infer;
use crate::infer::embed::{captions_in, embed_images, embed_texts, write};

/// Write the features of images and captions
///
/// Writes a safetensors file with `image_features` and `text_features`, both [N, D] float32 with rows of length 1,
/// in the order of the images and captions. The metadata hold `images` and `texts` (JSON arrays with a name for
/// each row), `model` and `preprocess`. If an image cannot be read, an error names it, it gets no row, and the exit
/// code is 2.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab embed --model DIR --images photos/ --out photos.safetensors
  clip-lab embed --model DIR --images 'photos/*.jpg' --texts captions.txt --out pairs.safetensors
  clip-lab loss pairs.safetensors --loss siglip

In Python:
  with safetensors.safe_open('photos.safetensors', 'np') as f:
      features, names = f.get_tensor('image_features'), json.loads(f.metadata()['images'])")]
pub struct EmbedArgs {
    /// Model folder
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,

    /// Images: files, folders (with all their subfolders), or patterns
    #[arg(long, value_name = "FILE|DIR|GLOB", num_args = 1.., required_unless_present = "texts")]
    pub images: Vec<String>,

    /// A file with one caption per line
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,

    /// Output file; it is never left half written
    #[arg(long, value_name = "FEATURES.safetensors")]
    pub out: PathBuf,

    /// The device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// Precision of matrix products: fp32 matches the reference, bf16 is faster on some processors, auto takes bf16
    /// if the processor has instructions for it
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,
}

/// Embeds and writes.
pub fn run(args: &EmbedArgs) -> Result<()> {
    let captions = args.texts.as_deref().map(captions_in).transpose()?;
    let paths = loader::find(&args.images)?;
    let model = infer::open(&args.model, args.device.into(), args.precision.into())?;
    let mut metadata = vec![
        ("format", "pt".to_owned()),
        ("model", args.model.display().to_string()),
        ("preprocess", model.preprocess.to_string()),
    ];
    let mut tensors = Vec::new();
    let mut failed = 0;
    if !paths.is_empty() {
        let mut names = Vec::new();
        let bar = progress::counting("pictures", paths.len() as u64);
        let features = embed_images(&model, &paths, |loaded| {
            bar.inc(1);
            match &loaded.pixels {
                Ok(_) => names.push(loaded.path.to_string_lossy().into_owned()),
                Err(fault) => {
                    failed += 1;
                    bar.suspend(|| complain(&loaded.path, fault));
                }
            }
        })?;
        bar.finish_and_clear();
        if names.is_empty() {
            // Nothing to write; and what was there before stays.
            return unread(failed, paths.len());
        }
        metadata.push(("images", list(&names)?));
        tensors.push(("image_features", features));
    }
    if let Some(captions) = captions {
        let bar = progress::counting("captions", captions.len() as u64);
        let features = embed_texts(&model, &captions, |done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        metadata.push(("texts", list(&captions)?));
        tensors.push(("text_features", features));
    }
    write(&args.out, &tensors, metadata)?;
    unread(failed, paths.len())
}

fn list(names: &[String]) -> Result<String> {
    serde_json::to_string(names)
        .map_err(|e| Error::Internal(format!("cannot write names as JSON: {e}")))
}
