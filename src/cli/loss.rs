//! `clip-lab loss`: the loss and its gradients on features that the user brings. It reads, asks the
//! `loss` module, and prints; it computes nothing itself except the working of a small matrix.

mod input;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use safetensors::{Dtype, tensor::TensorView};

use super::{Format, print};
use crate::error::{Error, Result};
use crate::loss::evaluate::{self, Evaluation, Input, Problem, Question};
use crate::loss::tiled::TILE;
use crate::loss::working;
use crate::memory;
use crate::quantity::{Bias, Loss, Temperature};
use report::Answer;

/// Compute a loss and its gradients on your own features
///
/// InfoNCE (CLIP) and the sigmoid loss (SigLIP) are those of OpenCLIP. Gradients are with respect to the features,
/// logit_scale = ln(1/temperature) and logit_bias.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  clip-lab loss features.safetensors --loss siglip --temperature 0.1 --bias -10
  clip-lab loss features.safetensors --normalize --grad gradients.safetensors --format json
  printf '0.9,0.1\\n0.2,0.8\\n' > cosines.csv && clip-lab loss cosines.csv --format table")]
pub struct LossArgs {
    /// A .safetensors file with image_features and text_features, both [N, D] float32 with rows of length 1, where
    /// row i of each is a pair; or a .csv file with an N x N matrix of cosines (rows images, columns captions). For
    /// N up to 8 a CSV file also prints the working
    pub file: PathBuf,
    /// The loss
    #[arg(long, value_name = "LOSS", default_value = "infonce", help = losses())]
    pub loss: Loss,
    /// Temperature tau, which divides the cosines [default: 0.07 for infonce, 0.1 for siglip]
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = temperature)]
    pub temperature: Option<Temperature>,
    /// Bias added to every logit, or `none` [default: none for infonce, where it has no effect, -10 for siglip]
    #[arg(long, value_name = "B", allow_negative_numbers = true, value_parser = bias)]
    pub bias: Option<BiasChoice>,
    /// Rows and columns of a tile of logits, or `dense` for all logits at once. With tiles memory is linear in N
    /// [default: 256 for features]
    #[arg(long, value_name = "N|dense", allow_negative_numbers = true, value_parser = tile)]
    pub tile: Option<Tile>,
    /// Precision of the arithmetic
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,
    /// Write the gradients to this file: image_features, text_features, logit_scale, logit_bias, float32. With
    /// --normalize they are those of the normalised features
    #[arg(long, value_name = "OUT.safetensors")]
    pub grad: Option<PathBuf>,
    /// Scale every row of the features to length 1 first
    #[arg(long)]
    pub normalize: bool,
    /// Output format [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

/// What `--bias` may say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BiasChoice {
    /// The model has none.
    None,
    /// Added to every logit.
    Of(Bias),
}

/// How much of the logits is held at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tile {
    /// All of them.
    Dense,
    /// So many rows.
    Rows(u64),
}

/// What `--precision` may say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Precision {
    /// 32 bits, as in training
    #[default]
    Fp32,
    /// 16 bits in the products of the gradients, 32 elsewhere; needs a processor with bf16 to be faster
    Bf16,
    /// 64 bits, to check the others
    Fp64,
}

/// "infonce (softmax of rows and columns) or ..."
fn losses() -> String {
    let about = |loss: Loss| format!("{} ({})", loss.word(), loss.law().short());
    Loss::ALL.map(about).join(" or ")
}

fn temperature(text: &str) -> Result<Temperature, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| "expected a number, such as 0.07".to_string())?;
    Temperature::new(value).map_err(|error| error.to_string())
}

fn bias(text: &str) -> Result<BiasChoice, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(BiasChoice::None);
    }
    let value: f64 = text
        .parse()
        .map_err(|_| "expected a number, such as -10, or none".to_string())?;
    Bias::new(value)
        .map(BiasChoice::Of)
        .map_err(|error| error.to_string())
}

fn tile(text: &str) -> Result<Tile, String> {
    if text.eq_ignore_ascii_case("dense") {
        return Ok(Tile::Dense);
    }
    match text.parse() {
        Ok(rows) if rows > 0 => Ok(Tile::Rows(rows)),
        _ => Err("expected a number of rows, 1 or more, or dense".into()),
    }
}

/// Does what the arguments ask for and prints the answer.
pub fn run(args: &LossArgs) -> Result<()> {
    print(&answer(args, Format::for_records(args.format))?)
}

/// What [`run`] prints, in this format. Writes the gradients if they are asked for.
pub fn answer(args: &LossArgs, format: Format) -> Result<String> {
    check_grad_path(args)?;
    let input = input::read(&args.file, args.normalize)?;
    let question = question(args, &input)?;
    if args.grad.is_some() && input.dimensions().is_none() {
        return Err(Error::Usage(
            "--grad needs features; a CSV file holds cosines\n  \
             the output has the gradients of logit_scale and logit_bias"
                .into(),
        ));
    }
    check_memory(&input, &question)?;
    let problem = Problem::new(&input, &question)?;
    let (evaluation, seconds, extra) = measure(&problem)?;
    if let Some(path) = &args.grad {
        write_gradients(path, &input, &evaluation)?;
    }
    let answer = Answer {
        loss: evaluation.loss,
        loss_image_to_text: evaluation.image_to_text,
        loss_text_to_image: evaluation.text_to_image,
        grad_logit_scale: evaluation.grad_logit_scale,
        grad_logit_bias: evaluation.grad_logit_bias,
        n: input.pairs(),
        d: input.dimensions(),
        tile: question.tile.map_or(report::Tile::Dense, report::Tile::Of),
        precision: report::precision(question.precision),
        seconds,
        extra_mib: extra.map(|bytes| bytes as f64 / f64::from(1 << 20)),
    };
    match format {
        Format::Json | Format::Jsonl => answer.json(),
        Format::Csv => Ok(answer.csv()),
        Format::Table => Ok(answer.table(&question) + &working_of(&input, &question)),
    }
}

fn question(args: &LossArgs, input: &Input) -> Result<Question> {
    let precision = match args.precision {
        Precision::Fp32 => evaluate::Precision::Fp32,
        Precision::Bf16 => evaluate::Precision::Bf16,
        Precision::Fp64 => evaluate::Precision::Fp64,
    };
    let features = input.dimensions().is_some();
    let tile = match args.tile {
        None if features && args.precision != Precision::Fp64 => Some(TILE),
        None | Some(Tile::Dense) => None,
        Some(Tile::Rows(_)) if !features => {
            return Err(Error::Usage(
                "--tile N needs features; a CSV file holds all cosines at once\n  leave --tile out"
                    .into(),
            ));
        }
        Some(Tile::Rows(_)) if args.precision == Precision::Fp64 => {
            return Err(Error::Usage(
                "--precision fp64 works with --tile dense only\n  leave --tile out".into(),
            ));
        }
        Some(Tile::Rows(rows)) => Some(rows as usize),
    };
    if tile.is_none() && args.precision == Precision::Bf16 {
        return Err(Error::Usage(
            "--precision bf16 works with tiles of features only\n  leave --tile dense out, or say fp32".into(),
        ));
    }
    let (temperature, bias) = args.loss.law().defaults(input.pairs() as u64);
    Ok(Question {
        loss: args.loss,
        temperature: args.temperature.map_or(temperature, Temperature::get),
        bias: match args.bias {
            None => bias,
            Some(BiasChoice::None) => None,
            Some(BiasChoice::Of(bias)) => Some(bias.get()),
        },
        precision,
        tile,
    })
}

fn check_grad_path(args: &LossArgs) -> Result<()> {
    let Some(out) = &args.grad else { return Ok(()) };
    let same = |path: &Path| fs::canonicalize(path).ok();
    if same(out).is_some_and(|out| Some(out) == same(&args.file)) {
        return Err(Error::Usage(format!(
            "--grad {} would overwrite the features\n  name another file",
            out.display()
        )));
    }
    Ok(())
}

/// Refuses a matrix of logits that does not fit: the system might kill the process instead of
/// telling it.
fn check_memory(input: &Input, question: &Question) -> Result<()> {
    let needed = question.bytes(input);
    let Some(available) = memory::available() else {
        return Ok(());
    };
    if needed <= u128::from(available) {
        return Ok(());
    }
    let n = input.pairs();
    let gib = |bytes: f64| bytes / f64::from(1 << 30);
    let advice = if question.tile.is_none() && input.dimensions().is_some() {
        "leave --tile dense out: memory is then linear in N"
    } else {
        "use fewer pairs"
    };
    Err(Error::Data(format!(
        "{}: the loss of {n} pairs and its gradients need about {:.1} GiB, {:.1} GiB are free\n  {advice}",
        "not enough memory",
        gib(needed as f64),
        gib(available as f64)
    )))
}

/// One warm-up, then one evaluation with its seconds and its bytes of extra memory.
fn measure(problem: &Problem) -> Result<(Evaluation, f64, Option<u64>)> {
    problem.evaluate()?;
    let ((evaluation, seconds), extra) = memory::extra(|| {
        let start = Instant::now();
        let evaluation = problem.evaluate();
        (evaluation, start.elapsed().as_secs_f64())
    });
    Ok((evaluation?, seconds, extra))
}

fn write_gradients(path: &Path, input: &Input, evaluation: &Evaluation) -> Result<()> {
    let Some((image, text)) = &evaluation.features else {
        return Ok(());
    };
    let shape = vec![input.pairs(), input.dimensions().unwrap_or(0)];
    let scale = evaluation.grad_logit_scale as f32;
    let mut tensors = vec![
        ("image_features", shape.clone(), bytes(image)),
        ("text_features", shape, bytes(text)),
        ("logit_scale", Vec::new(), bytes(&[scale])),
    ];
    if let Some(bias) = evaluation.grad_logit_bias {
        tensors.push(("logit_bias", Vec::new(), bytes(&[bias as f32])));
    }
    let broken = |error| Error::Internal(format!("safetensors: {error}"));
    let views = tensors
        .iter()
        .map(|(name, shape, data)| {
            Ok((
                *name,
                TensorView::new(Dtype::F32, shape.clone(), data).map_err(broken)?,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    let file = safetensors::serialize(views, None).map_err(broken)?;
    fs::write(path, file).map_err(Error::file("write", path))
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn working_of(input: &Input, question: &Question) -> String {
    match input {
        Input::Cosines { n, values } if *n <= working::LARGEST => working::text(&working::blocks(
            question.loss,
            *n,
            values,
            question.temperature,
            question.bias,
        )),
        _ => String::new(),
    }
}
