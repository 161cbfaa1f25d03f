//! Features of pictures and captions of the user's own, and the file that holds them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Axis, concatenate};
use safetensors::tensor::{Dtype, TensorView};

use super::pictures::each;
use crate::data::loader::Loaded;
use crate::error::{Error, Result};
use crate::eval::embed;
use crate::files::replace;
use crate::model::checkpoint::Checkpoint;

/// Unit features `[N, D]` of the pictures that can be read; `heard` hears of every one, in order.
///
/// # Errors
/// As for [`classify`](super::classify).
pub fn embed_images(
    model: &Checkpoint,
    paths: &[PathBuf],
    mut heard: impl FnMut(&Loaded),
) -> Result<Array2<f32>> {
    let mut parts = Vec::new();
    each(model, paths, None, |batch, features| {
        batch.iter().for_each(&mut heard);
        if features.nrows() > 0 {
            parts.push(features);
        }
        Ok(())
    })?;
    if parts.is_empty() {
        return Ok(Array2::zeros((0, 0)));
    }
    let views: Vec<_> = parts.iter().map(Array2::view).collect();
    concatenate(Axis(0), &views)
        .map_err(|e| Error::Internal(format!("features of different sizes: {e}")))
}

/// Unit features `[N, D]` of captions; `progress` hears how many are done.
///
/// # Errors
/// Weights that give no numbers.
pub fn embed_texts(
    model: &Checkpoint,
    captions: &[String],
    progress: impl FnMut(usize),
) -> Result<Array2<f32>> {
    embed::texts(&model.clip, &model.tokenizer, captions, progress)
}

/// The captions of a file, one a line. An empty line is a mistake, for it would shift the rows.
///
/// # Errors
/// A file that cannot be read; an empty file or line.
pub fn captions_in(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    let captions: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    let wrong = |what: String| Error::Data(format!("{}: {what}", path.display()));
    if captions.is_empty() {
        return Err(wrong(
            "the file has no captions\n  write one per line".into(),
        ));
    }
    match captions.iter().position(String::is_empty) {
        Some(i) => Err(wrong(format!(
            "line {} is empty\n  every line is a caption",
            i + 1
        ))),
        None => Ok(captions),
    }
}

/// Writes tensors of features, each with its name, as a safetensors file with these metadata.
///
/// # Errors
/// A file that cannot be written.
pub fn write(
    path: &Path,
    tensors: &[(&str, Array2<f32>)],
    metadata: Vec<(&str, String)>,
) -> Result<()> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, features)| features.iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, features), bytes)| {
        TensorView::new(Dtype::F32, features.shape().to_vec(), bytes).map(|view| (*name, view))
    });
    let metadata: HashMap<String, String> = metadata
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let file = views
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|views| safetensors::serialize(views, Some(metadata)))
        .map_err(|e| Error::Internal(format!("cannot write the features: {e}")))?;
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
            captions_in(&path)
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
