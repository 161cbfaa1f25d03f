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

/// Classify images by the names that you give
///
/// Zero-shot classification (CLIP, section 3.1): every class name is put into every template, and an image gets the
/// class with the nearest text features. Each image gets one of these classes, also one that shows something else.
/// Set --threshold to refuse such images.
///
/// Scores: the cosine of image and class; the softmax over the classes at the checkpoint's logit scale, which adds
/// up to one over any list; and the sigmoid of each pair, which does not depend on the other classes, if the
/// checkpoint has a bias (SigLIP).
///
/// If a file cannot be read, an error names it, the other files are classified, and the exit code is 2. A terminal
/// with colours shows the images beside the table.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  clip-lab classify --model runs/a/model/softmax --classes cat,dog,horse photo.jpg
  clip-lab classify --model DIR --classes-file classes.txt --top 3 --format csv photos/ > classes.csv
  clip-lab classify --model DIR --classes cat,dog --threshold 0.5 'photos/**/*.jpg' --format json
  clip-lab classify --model DIR --classes cat,dog --card > CARD.md")]
pub struct ClassifyArgs {
    /// Images: files, folders (with all their subfolders), or patterns
    #[arg(
        value_name = "IMAGE",
        required_unless_present = "card",
        conflicts_with = "card"
    )]
    pub images: Vec<String>,

    /// Model folder
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,

    /// Class names, at least two
    #[arg(
        long,
        value_name = "A,B,...",
        value_delimiter = ',',
        required_unless_present = "classes_file",
        conflicts_with = "classes_file"
    )]
    pub classes: Vec<String>,

    /// A file of class names, one per line; lines that start with # are comments
    #[arg(long, value_name = "FILE")]
    pub classes_file: Option<PathBuf>,

    /// Set of templates: bare, one, clip-7, lab-88, or a file with one template per line, with {} for the class
    #[arg(long, value_name = "NAME|FILE", default_value = "clip-7")]
    pub templates: String,

    /// Show the K best classes of each image
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = top)]
    pub top: usize,

    /// Answer "none of these" if the best class has a lower score: the sigmoid (0 to 1) if the checkpoint has a
    /// bias, else the cosine (-1 to 1)
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub threshold: Option<f64>,

    /// Print a skill card in Markdown instead: checkpoint, templates, classes, preprocessing, meaning of the
    /// scores, limits
    #[arg(long)]
    pub card: bool,

    /// The device to compute on
    #[arg(long, value_enum, default_value_t)]
    pub device: Device,

    /// Precision of matrix products: fp32 matches the reference, bf16 is faster on some processors, auto takes bf16
    /// if the processor has instructions for it
    #[arg(long, value_enum, default_value_t)]
    pub precision: Precision,

    /// Output format [default: table on a terminal, else jsonl]
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}

fn top(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number, 1 or more".into()),
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
        "--threshold must be {low} to 1, got {threshold}\n  this checkpoint compares it with {score}"
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
