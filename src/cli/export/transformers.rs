//! `clip-lab export transformers`: a model in the layout that `transformers` reads.

use std::path::PathBuf;

use clap::Args;

use crate::cli::output::print;
use crate::error::{Error, Result};
use crate::infer;
use crate::model::checkpoint;
use crate::scenario::Precision;
use crate::train::DeviceChoice;

/// Save a model for transformers: CLIPModel, SiglipModel or Siglip2Model
///
/// Writes config.json, model.safetensors, preprocessor_config.json and the tokenizer, and prints the class. Reads
/// every layout that the lab reads. Refuses models that transformers has no class for: a ResNet, CLIP's text tower
/// with SigLIP's image tower, CLIP with a bias. (Runs save models in OpenCLIP's layout already.)
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab export transformers runs/mine/model/softmax --out hf/softmax
  python3 -c 'from transformers import AutoModel; print(AutoModel.from_pretrained(\"hf/softmax\"))'")]
pub struct TransformersArgs {
    /// Model folder, in any published layout
    #[arg(value_name = "MODEL_DIR")]
    model: PathBuf,

    /// Folder to write
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Replace an existing model in DIR
    #[arg(long)]
    force: bool,
}

/// Writes the model.
pub fn run(args: &TransformersArgs) -> Result<()> {
    if checkpoint::is_model(&args.out) && !args.force {
        return Err(Error::Usage(format!(
            "{} already holds a model\n  name another folder, or replace it with --force",
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
