//! `clip-lab classify`: which of the given classes each picture is. Reads words and prints; `infer` computes.

mod card;
mod report;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;

use super::format::Format;
use super::options::{Device, Precision};
use super::output::print;
use super::pictures::{complain, unread};
use super::progress;
use crate::data::loader;
use crate::error::{Error, Result};
use crate::eval::Templates;
use crate::eval::classify::check_names;
use crate::infer;
use crate::infer::classify::{classifier, classify, names_in};
use crate::ui::theme::{ColorChoice, Depth, GlyphChoice, Glyphs, Theme};
use report::{Record, Report};

/// Say which of the given classes each picture is
///
/// Zero-shot classification (CLIP, section 3.1): every class is said in every template, and a picture is the class
/// whose words its features are nearest to. It chooses only among the classes that are given, and makes no claim about
/// any other: a picture of something else is still called the nearest of them, unless --threshold refuses it.
///
/// Scores: the cosine of picture and class; the softmax over the list at the checkpoint's logit scale, which sums to
/// one over any list; and, where the checkpoint has learned a bias (SigLIP), the sigmoid of each pair, which does not
/// depend on the rest of the list.
///
/// A file that cannot be read is named on standard error and in the records, and the others go on; the exit code is
/// then 2. Pictures are shown beside the table on a terminal with colours.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab classify --model runs/a/model/softmax --classes cat,dog,horse photo.jpg
  clip-lab classify --model DIR --classes-file classes.txt --top 3 --format csv photos/ > classes.csv
  clip-lab classify --model DIR --classes cat,dog --threshold 0.5 'photos/**/*.jpg' --format json
  clip-lab classify --model DIR --classes cat,dog --card > CARD.md")]
pub struct ClassifyArgs {
    /// Pictures: files, folders with all that is in them, or patterns
    #[arg(
        value_name = "IMAGE",
        required_unless_present = "card",
        conflicts_with = "card"
    )]
    pub images: Vec<String>,

    /// The folder of a model
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,

    /// What a picture may be: at least two names
    #[arg(
        long,
        value_name = "A,B,...",
        value_delimiter = ',',
        required_unless_present = "classes_file",
        conflicts_with = "classes_file"
    )]
    pub classes: Vec<String>,

    /// The same from a file with a name a line; # begins a remark
    #[arg(long, value_name = "FILE")]
    pub classes_file: Option<PathBuf>,

    /// What is said of a class: bare, one, clip-7, lab-80, or a file with a template a line, {} for the class
    #[arg(long, value_name = "NAME|FILE", default_value = "clip-7")]
    pub templates: String,

    /// Classes that are shown of each picture
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = top)]
    pub top: usize,

    /// Answer "none of these" where the best class scores less: the sigmoid, 0 to 1, if the checkpoint has a bias, else
    /// the cosine, -1 to 1. (Not the softmax, which is large for the best of any list)
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub threshold: Option<f64>,

    /// Print a skill card (Markdown) instead: checkpoint, templates, classes, preprocessing, what scores mean, limits
    #[arg(long)]
    pub card: bool,

    /// Where to compute
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// The type of the towers' products: fp32 as the reference computes, bf16 for speed, auto for bf16 where the
    /// processor has instructions for it
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,

    /// How results are printed [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

fn top(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a whole number above 0 is wanted".into()),
        Ok(top) => Ok(top),
    }
}

/// Classifies and prints.
pub fn run(args: &ClassifyArgs) -> Result<()> {
    // What is quickly seen to be wrong is said before a model is read.
    let names = names(args)?;
    check_names(&names)?;
    let templates = Templates::find(&args.templates)?;
    let paths = loader::find(&args.images)?;
    let model = infer::open(&args.model, args.device.into(), args.precision.into())?;
    let bias = model.clip.logit_bias().is_some();
    if let Some(threshold) = args.threshold {
        check_threshold(threshold, bias)?;
    }
    if args.card {
        return print(&card::card(
            &args.model,
            &model,
            &names,
            &templates,
            args.threshold,
        )?);
    }
    let prompts = (names.len() * templates.list.len()) as u64;
    let bar = progress::counting("classes", prompts);
    let classifier = classifier(&model, names, &templates, |done| {
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    let format = Format::for_records(args.format);
    let mut report = Report {
        format,
        checkpoint: args.model.display().to_string(),
        layout: model.layout.to_string(),
        templates: &templates,
        classifier: &classifier,
        top: args.top,
        threshold: args.threshold,
        begun: false,
    };
    let screen = (format == Format::Table).then(screen).flatten();
    let bar = progress::counting("pictures", paths.len() as u64);
    let mut failed = 0;
    bar.suspend(|| print(&report.head()))?;
    let side = screen.as_ref().map(|_| report::SIDE);
    classify(&model, &classifier, &paths, side, |loaded, scores| {
        bar.inc(1);
        if let Err(fault) = &loaded.pixels {
            failed += 1;
            bar.suspend(|| complain(&loaded.path, fault));
        }
        let text = report.record(&Record { loaded, scores }, screen.as_ref())?;
        bar.suspend(|| print(&text))
    })?;
    bar.finish_and_clear();
    print(report.foot())?;
    unread(failed, paths.len())
}

/// Names of classes, from either place.
fn names(args: &ClassifyArgs) -> Result<Vec<String>> {
    let Some(path) = &args.classes_file else {
        return Ok(args
            .classes
            .iter()
            .map(|name| name.trim().to_owned())
            .collect());
    };
    names_in(path)
}

fn check_threshold(threshold: f64, bias: bool) -> Result<()> {
    let (low, score) = if bias {
        (0.0, "the sigmoid")
    } else {
        (-1.0, "the cosine")
    };
    if (low..=1.0).contains(&threshold) {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "--threshold {threshold}: of this checkpoint it is compared with {score}, which is between {low} and 1"
    )))
}

/// How pictures are drawn, if standard output can show them.
fn screen() -> Option<Theme> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let any = |name: &str| std::env::var_os(name);
    let theme = Theme::new(
        Depth::detect(ColorChoice::Auto, any),
        Glyphs::detect(GlyphChoice::Auto, any),
    );
    (theme.paints() && !theme.ascii()).then_some(theme)
}
