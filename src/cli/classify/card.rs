//! The skill card: what a classifier made of a checkpoint, classes and templates is, and what it is not.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::eval::Templates;
use crate::model::checkpoint::Checkpoint;

/// The card, in Markdown.
///
/// # Errors
/// Weights that cannot be read.
pub fn card(
    folder: &Path,
    model: &Checkpoint,
    names: &[String],
    templates: &Templates,
    threshold: Option<f64>,
) -> Result<String> {
    let clip = &model.clip;
    let mut text = format!(
        "# Skill card: zero-shot classification with `{}`\n",
        folder.display()
    );
    let mut add = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    add("\n## Checkpoint\n");
    add(&format!(
        "- Folder: `{}`, in the layout of {}",
        folder.display(),
        model.layout
    ));
    add(&format!(
        "- Embedding: {} numbers",
        clip.architecture().embed_dim
    ));
    if let Some((height, width)) = model.preprocess.size() {
        add(&format!("- Images: {width} x {height} pixels"));
    }
    add(&format!("- Parameters: {}", clip.parameter_count()));
    let scale = clip.logit_scale().double_value(&[]).exp();
    add(&format!(
        "- Logit scale: {scale:.4} (temperature {:.5})",
        1.0 / scale
    ));
    match clip.logit_bias() {
        Some(bias) => add(&format!("- Logit bias: {:.4}", bias.double_value(&[]))),
        None => add("- Logit bias: none"),
    }
    for file in &model.weights {
        let (bytes, digest) = checksum(file)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        add(&format!("- `{name}`: {bytes} bytes, SHA-256 `{digest}`"));
    }
    add("- Training data: unknown; ask the makers of the checkpoint");
    add("\n## Preprocessing\n");
    add(&format!("{}.", model.preprocess));
    add("Applies the EXIF orientation. Reads the first frame of an animation.");
    add(&format!("\n## Classes ({})\n", names.len()));
    for name in names {
        add(&format!("- {name}"));
    }
    add(&format!(
        "\n## Templates: {} ({})\n",
        templates.name,
        templates.list.len()
    ));
    for template in &templates.list {
        add(&format!("- `{template}`"));
    }
    add(
        "\nThe vector of a class is the mean of the unit features of its prompts, scaled to length 1.",
    );
    add("\n## Scores\n");
    add(
        "- `cosine`: between the features of the image and of the class, -1 to 1. Its usual range differs between \
         checkpoints.",
    );
    add(
        "- `softmax`: of the cosines times the logit scale, over all classes. It adds up to one over any list, \
         even if the image shows none of the classes.",
    );
    if clip.logit_bias().is_some() {
        add(
            "- `sigmoid`: of the cosine times the logit scale, plus the logit bias. It does not depend on the \
             other classes.",
        );
    } else {
        add("- `sigmoid`: none, since this checkpoint has no bias.");
    }
    let score = if clip.logit_bias().is_some() {
        "sigmoid"
    } else {
        "cosine"
    };
    match threshold {
        Some(x) => add(&format!(
            "- Threshold: the answer is \"none of these\" below a {score} of {x}."
        )),
        None => add(&format!(
            "- Threshold: none, so every image gets a class. A threshold would apply to the {score}."
        )),
    }
    add("\n## Limits\n");
    for limit in [
        "The classifier chooses among the classes above only. An image of something else gets the nearest of \
         them, unless a threshold refuses it.",
        "Scores are not calibrated: with a softmax of 0.9 the answer need not be right in nine of ten cases. \
         Measure it on your own images before you rely on it.",
        "Other words or templates for the same thing give other answers.",
        "The training data decides what the checkpoint knows, and whom it treats unfairly.",
    ] {
        add(&format!("- {limit}"));
    }
    let _ = write!(text, "\nMade by clip-lab {}.\n", env!("CARGO_PKG_VERSION"));
    Ok(text)
}

/// Length of a file and its SHA-256 in hexadecimal digits, as model hubs show it.
fn checksum(path: &Path) -> Result<(u64, String)> {
    let mut file = File::open(path).map_err(Error::file("read", path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let n = file.read(&mut buffer).map_err(Error::file("read", path))?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
        bytes += n as u64;
    }
    let digest = hasher.finalize();
    let digits = digest.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    Ok((bytes, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_sha256sum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, b"abc").unwrap();
        let (bytes, digest) = checksum(&path).unwrap();
        assert_eq!(bytes, 3);
        assert_eq!(
            digest,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
