//! `clip-lab embed`: features of pictures and captions, into a file that other programs and `clip-lab loss` read.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use ndarray::Array2;
use safetensors::tensor::{Dtype, TensorView};

use super::classify::{complain, unread};
use super::options::{Device, Precision};
use super::progress;
use crate::data::loader;
use crate::error::{Error, Result};
use crate::export::replace;
use crate::lab::pictures;

/// Write the features of pictures and captions
///
/// A safetensors file with `image_features` and `text_features`, each [N, D] float32 with rows of unit length, in the
/// order of the pictures and captions. Its metadata name them: `images` and `texts`, JSON arrays with a name for each
/// row, `model` and `preprocess`. A picture that cannot be read is named on standard error and has no row; the file is
/// written all the same if any can, and the exit code is 2.
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
    /// The folder of a model
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,

    /// Pictures: files, folders with all that is in them, or patterns
    #[arg(long, value_name = "FILE|DIR|GLOB", num_args = 1.., required_unless_present = "texts")]
    pub images: Vec<String>,

    /// A file with a caption a line
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,

    /// The file to write; it is whole or not there
    #[arg(long, value_name = "FEATURES.safetensors")]
    pub out: PathBuf,

    /// Where to compute
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// The type of the towers' products: fp32 as the reference computes, bf16 for speed, auto for bf16 where the
    /// processor has instructions for it
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,
}

/// Embeds and writes.
pub fn run(args: &EmbedArgs) -> Result<()> {
    let captions = args.texts.as_deref().map(captions).transpose()?;
    let paths = loader::find(&args.images)?;
    let model = pictures::open(&args.model, args.device.into(), args.precision.into())?;
    let mut metadata = HashMap::from([
        ("format".to_owned(), "pt".to_owned()),
        ("model".to_owned(), args.model.display().to_string()),
        ("preprocess".to_owned(), model.preprocess.to_string()),
    ]);
    let mut tensors = Vec::new();
    let mut failed = 0;
    if !paths.is_empty() {
        let mut names = Vec::new();
        let bar = progress::counting("pictures", paths.len() as u64);
        let features = pictures::embed_images(&model, &paths, |loaded| {
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
        metadata.insert("images".into(), list(&names)?);
        tensors.push(("image_features", features));
    }
    if let Some(captions) = captions {
        let bar = progress::counting("captions", captions.len() as u64);
        let features =
            pictures::embed_texts(&model, &captions, |done| bar.set_position(done as u64))?;
        bar.finish_and_clear();
        metadata.insert("texts".into(), list(&captions)?);
        tensors.push(("text_features", features));
    }
    write(&args.out, &tensors, metadata)?;
    unread(failed, paths.len())
}

/// The captions of a file. An empty line is a mistake, for it would shift the rows.
fn captions(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    let captions: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let wrong = |what: String| Error::Data(format!("{}: {what}", path.display()));
    if captions.is_empty() {
        return Err(wrong("no captions in it\n  write one a line".into()));
    }
    match captions.iter().position(String::is_empty) {
        Some(i) => Err(wrong(format!(
            "line {} is empty\n  every line is the caption of a row",
            i + 1
        ))),
        None => Ok(captions),
    }
}

fn list(names: &[String]) -> Result<String> {
    serde_json::to_string(names)
        .map_err(|e| Error::Internal(format!("cannot write names as JSON: {e}")))
}

fn write(
    path: &Path,
    tensors: &[(&str, Array2<f32>)],
    metadata: HashMap<String, String>,
) -> Result<()> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, features)| features.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, features), bytes)| {
        TensorView::new(Dtype::F32, features.shape().to_vec(), bytes).map(|view| (*name, view))
    });
    let file = views
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| Error::Internal(format!("the features cannot be written: {e}")))?;
    replace(path, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_are_lines_and_an_empty_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("captions.txt");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            captions(&path)
        };
        assert_eq!(read("a cat\r\n a dog \n").unwrap(), ["a cat", "a dog"]);
        for (text, says) in [("", "no captions"), ("a\n\nb\n", "line 2 is empty")] {
            let fault = read(text).unwrap_err();
            assert!(
                fault.exit_code() == 2 && fault.to_string().contains(says),
                "{fault}"
            );
        }
    }
}
