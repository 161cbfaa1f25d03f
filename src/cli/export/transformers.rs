//! `clip-lab export transformers`: a model in the layout that `transformers` reads.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output::print;
use crate::error::{Error, Result};
use crate::infer;
use crate::model::checkpoint;
use crate::scenario::Precision;
use crate::train::DeviceChoice;

/// A model as transformers reads it: CLIPModel, SiglipModel or Siglip2Model
///
/// Writes config.json, model.safetensors, preprocessor_config.json and the tokenizer. Reads any layout that this lab
/// reads, and refuses what transformers has no class for: a ResNet, a text tower of CLIP's beside an image tower of
/// SigLIP's, a CLIP with a bias. (What a run saves is OpenCLIP's layout already.) Prints what it has become.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab export transformers runs/mine/model/softmax --out hf/softmax
  python3 -c 'from transformers import AutoModel; print(AutoModel.from_pretrained(\"hf/softmax\"))'")]
pub struct TransformersArgs {
    /// A model's folder, in any published layout
    #[arg(value_name = "MODEL_DIR")]
    model: PathBuf,

    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Replace the model in that folder
    #[arg(long)]
    force: bool,
}

/// Writes the model.
pub fn run(args: &TransformersArgs) -> Result<()> {
    if checkpoint::is_model(&args.out) && !args.force {
        return Err(Error::Usage(format!(
            "{} holds a model already\n  name another folder, or replace it with --force",
            args.out.display()
        )));
    }
    let model = infer::open(&args.model, DeviceChoice::Cpu, Precision::Fp32)?;
    let layout = checkpoint::save_hf(&args.out, &model.clip, &model.tokenizer, &model.preprocess)
        .map_err(|e| match e {
        Error::Data(why) => Error::Data(format!("{}: {why}", args.model.display())),
        other => other,
    })?;
    print(&format!("{}: {layout}\n", args.out.display()))
}
