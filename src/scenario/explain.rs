//! ron's refusals in this program's words: the value that is to blame, what is allowed there, and
//! what was probably meant.

use std::fmt::Display;
use std::ops::Range;

use ron::error::{Error as Ron, Position, SpannedError};

use super::outline::{Kind, Outline, Token};
use super::report::Fault;
use super::suggest::did_you_mean;
use super::tower;
use crate::quantity::{
    BatchSize, Beta, Bias, Concepts, Fraction, ImageSize, LearningRate, LogitScale, Positive,
    ShuffleBuffer, Size, Steps, Temperature, VocabSize, WeightDecay, Zipf, number,
};

/// What ron found wrong, as a fault of the outlined text.
pub(super) fn fault(outline: &Outline, error: &SpannedError) -> Fault {
    let text = outline.text();
    let (start, end) = (offset(text, error.span.start), offset(text, error.span.end));
    match &error.code {
        Ron::NoSuchStructField {
            expected,
            found,
            outer,
        } => {
            let place = outer
                .as_deref()
                .map_or(String::new(), |outer| format!(" in {}", plain(outer)));
            Fault::new(format!("unknown field `{found}`{place}"), start..end)
                .label(one_of(expected))
                .help(did_you_mean(found, expected.iter().copied()))
        }
        Ron::NoSuchEnumVariant {
            expected,
            found,
            outer,
        } => {
            let what = outer.as_deref().map_or("choice", plain);
            Fault::new(format!("`{found}` is not {what}"), start..end)
                .label(one_of(expected))
                .help(did_you_mean(found, expected.iter().copied()))
        }
        Ron::MissingStructField { field, outer } => {
            let group = outline.group_around(start.min(end)).unwrap_or(0..0);
            let place = outer.as_deref().map_or("this record", plain);
            let fault = Fault::new(format!("missing field `{field}` in {place}"), group);
            fault
                .label(format!("add `{field}` here"))
                .help(example(field))
        }
        Ron::DuplicateStructField { field, .. } => {
            Fault::new(format!("duplicate field `{field}`"), start..end).label("keep one of them")
        }
        Ron::Message(message) => value(outline, end, message),
        code => form(outline, code, end),
    }
}

/// A value that was read and then refused: the token just before the place where ron stopped.
fn value(outline: &Outline, end: usize, message: &str) -> Fault {
    let span = outline
        .token_before(end)
        .map_or(end..end, |token| token.span.clone());
    let field = outline.field_at(span.start);
    // "a temperature must be" names the field already, "a size must be" does not.
    let named = field.is_none_or(|field| message.contains(&field.replace('_', " ")));
    let fault = match field {
        Some(field) if !named => Fault::new(format!("{field}: {message}"), span),
        _ => Fault::new(message, span),
    };
    fault.label(field.and_then(allowed).unwrap_or_default())
}

/// A text that does not have the form of what is wanted at the byte `at`.
fn form(outline: &Outline, code: &Ron, at: usize) -> Fault {
    let text = outline.text();
    let token = outline.token_from(at);
    let before = outline.token_before(at);
    if let Some(open) = unclosed(text, before) {
        return Fault::new("this text is not closed", open).label("closing `\"` is missing");
    }
    // ron read the whole part of a number that has no whole part only.
    if let Some(number) = [before, token]
        .into_iter()
        .flatten()
        .find(|t| part_of_number(t, at))
    {
        return wrong_type(outline, number, "a whole number");
    }
    let Some(token) = token else {
        let fault = Fault::new("the file ends too early", text.trim_end().len()..text.len());
        let open = outline.group_around(text.len());
        return fault.help(open.map(|at| {
            format!(
                "close the bracket of line {}",
                1 + text[..at.start].matches('\n').count()
            )
        }));
    };
    match code {
        Ron::IntegerOutOfBounds => {
            let number = before.filter(|t| t.kind == Kind::Number).unwrap_or(token);
            wrong_type(outline, number, "a whole number in range")
        }
        Ron::ExpectedInteger => wrong_type(outline, token, "a whole number"),
        Ron::ExpectedFloat => wrong_type(outline, token, "a number"),
        Ron::ExpectedBoolean => wrong_type(outline, token, "true or false"),
        Ron::ExpectedString => wrong_type(outline, token, "a text in quotes"),
        Ron::ExpectedArray => wrong_type(outline, token, "a list in brackets, `[...]`"),
        Ron::ExpectedNamedStructLike("Scenario") => {
            Fault::new("a scenario begins with `(`", token.span.clone())
                .label("expected `(`")
                .help("see an example: `clip-lab scenarios clip`".to_string())
        }
        Ron::ExpectedStructLike | Ron::ExpectedNamedStructLike(_) => match before {
            Some(name) if name.kind == Kind::Ident && token.kind != Kind::Open => {
                let word = &text[name.span.clone()];
                let fault = Fault::new(
                    format!("`{word}` needs its value in parentheses"),
                    name.span.clone(),
                );
                fault.label(format!("expected `{word}(...)`"))
            }
            _ => wrong_type(outline, token, "parentheses, `(...)`"),
        },
        Ron::ExpectedIdentifier if token.kind == Kind::Open => {
            let found = &text[token.span.clone()];
            let fault = Fault::new(
                format!("expected a field, found `{found}`"),
                token.span.clone(),
            );
            fault.label("is a closing bracket missing before it?")
        }
        Ron::ExpectedDifferentLength { expected, found } => {
            let group = outline.group_around(at).unwrap_or(token.span.clone());
            Fault::new(format!("expected {expected}, found {found}"), group)
        }
        Ron::ExpectedComma
        | Ron::ExpectedArrayEnd
        | Ron::ExpectedStructLikeEnd
        | Ron::ExpectedIdentifier => punctuation(text, before, token),
        Ron::ExpectedMapColon => Fault::new(
            "expected a colon between the field and its value",
            token.span.clone(),
        )
        .label("`:` here"),
        Ron::TrailingCharacters => Fault::new(
            "unexpected text after the end of the scenario",
            token.span.clone(),
        )
        .label("remove everything from here on"),
        other => Fault::new(lower(&other.to_string()), token.span.clone()),
    }
}

/// A comma or a bracket that is missing, or one too many.
fn punctuation(text: &str, before: Option<&Token>, token: &Token) -> Fault {
    let found = &text[token.span.clone()];
    match before {
        Some(last) if token.kind != Kind::Close && &text[last.span.clone()] != "," => {
            // Where it is missing, not where that was noticed.
            let end = last.span.end;
            let fault = Fault::new(
                format!("expected `,` or a closing bracket before `{found}`"),
                end..end,
            );
            fault.label("a comma is missing here, or something before it is not closed")
        }
        _ => {
            let fault = Fault::new(format!("unexpected `{found}`"), token.span.clone());
            fault.label("expected the next field, or the bracket that closes this group")
        }
    }
}

fn wrong_type(outline: &Outline, token: &Token, wanted: &str) -> Fault {
    let found = &outline.text()[token.span.clone()];
    let found = found.lines().next().unwrap_or_default();
    let field = outline.field_at(token.span.start);
    let subject = field.map_or(String::new(), |field| format!("{field}: "));
    let message = format!("{subject}expected {wanted}, found `{found}`");
    let range = field.filter(|_| token.kind != Kind::Open).and_then(allowed);
    Fault::new(message, token.span.clone())
        .label(range.unwrap_or_default())
        .help(field.and_then(example))
}

/// A text over several lines just before the fault: its closing quote was forgotten, and the next
/// quote in the file took its place.
fn unclosed(text: &str, before: Option<&Token>) -> Option<Range<usize>> {
    let token = before.filter(|token| token.kind == Kind::Text)?;
    let first = text[token.span.clone()].lines().next()?;
    let several = first.len() < token.span.len();
    several.then(|| token.span.start..token.span.start + first.len())
}

fn part_of_number(token: &Token, at: usize) -> bool {
    token.kind == Kind::Number && token.span.start < at && at < token.span.end
}

/// Byte offset of a position that ron counts in characters.
fn offset(text: &str, position: Position) -> usize {
    let line = text
        .split_inclusive('\n')
        .take(position.line - 1)
        .map(str::len)
        .sum::<usize>();
    let rest = text.get(line..).unwrap_or_default();
    line + rest
        .char_indices()
        .nth(position.col - 1)
        .map_or(rest.len(), |(at, _)| at)
}

/// Types of `scenario.rs` by what a reader calls them.
fn plain(outer: &str) -> &str {
    match outer {
        "Scenario" => "the scenario",
        "Emoji" => "the emoji data",
        "Shapes" => "the shapes data",
        "Pairs" => "data of your own",
        "PairsFormat" => "a format of pairs",
        "Captions" => "the captions",
        "Model" => "the model",
        "TextTower" => "the text tower",
        "Train" => "the training",
        "LaneSpec" => "a lane",
        "Cue" => "an entry of the script",
        "Expect" => "an expectation",
        "Metric" => "something that is measured",
        "Comparison" => "a comparison",
        "Lesson" => "the lesson",
        "Moment" => "a moment of the lesson",
        "WaitFor" => "what a moment waits for",
        "Panel" => "a panel that can be shown or hidden",
        "Dial" => "a dial that can be shown or locked",
        "Data" => "a data set",
        "Style" => "a drawing style",
        "ImageTower" => "an image tower",
        "ImagePool" => "a pool of an image tower",
        "TextPool" => "a pool of a text tower",
        "Schedule" => "a schedule",
        "Then" => "what comes after the last step",
        "Loss" => "a loss",
        "Control" => "a control",
        other => tower::title(other).unwrap_or(other),
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing is allowed here".into(),
        [only] => format!("only {only} is allowed here"),
        [most @ .., last] => format!("allowed: {} or {last}", most.join(", ")),
    }
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// What a field may be, if that can be said by its name alone.
fn allowed(field: &str) -> Option<String> {
    let real = |low: f64, high: f64| Some(format!("allowed: {} to {}", number(low), number(high)));
    let whole = |low: u64, high: u64| Some(format!("allowed: whole numbers {low} to {high}"));
    match field {
        "temperature" => real(Temperature::MIN, Temperature::MAX),
        "bias" => real(Bias::MIN, Bias::MAX),
        "learning_rate" => real(LearningRate::MIN, LearningRate::MAX),
        "weight_decay" => real(WeightDecay::MIN, WeightDecay::MAX),
        "betas" => real(Beta::MIN, Beta::MAX),
        "epsilon" | "grad_clip" => real(Positive::MIN, Positive::MAX),
        "max_logit_scale" => real(LogitScale::MIN, LogitScale::MAX),
        "shuffle_captions" | "random_captions" | "noise_images" | "duplicates" => {
            real(Fraction::MIN, Fraction::MAX)
        }
        "imbalance" => real(Zipf::MIN, Zipf::MAX),
        "concepts" => whole(Concepts::MIN, Concepts::MAX),
        "shuffle_buffer" => whole(ShuffleBuffer::MIN, ShuffleBuffer::MAX),
        "batch_size" => whole(BatchSize::MIN, BatchSize::MAX),
        "steps" | "eval_every" => whole(Steps::MIN, Steps::MAX),
        "image_size" => whole(ImageSize::MIN, ImageSize::MAX),
        "vocab_size" => whole(VocabSize::MIN, VocabSize::MAX),
        "embed_dim" | "patch_size" | "width" | "head_width" | "layers" | "context_length"
        | "heads" | "limit" => whole(Size::MIN, Size::MAX),
        "warmup" | "seed" | "at" | "by" | "until" => Some("allowed: whole numbers from 0".into()),
        _ => None,
    }
}

/// How a field might be written.
fn example(field: &str) -> Option<String> {
    let value: &dyn Display = match field {
        "title" => &"\"my experiment\"",
        "data" => &"Emoji(train: [Noto, Fluent], held_out: [Twemoji])",
        "model" | "train" | "text" => &"(...), as in `clip-lab scenarios clip`",
        "lanes" => &"[(name: \"a\", loss: InfoNce, temperature: 0.07)]",
        "script" => &"[(at: 200, set: Temperature(0.01))]",
        "set" => &"Temperature(0.01)",
        "expect" => &"[(what: Loss, lane: \"a\", is: Below(4.5), by: 50)]",
        "what" => &"Loss",
        "is" => &"Below(4.5)",
        "by" | "until" => &50,
        "lesson" => &"(prompt: \"Turn tau down.\", lock: [Loss])",
        "moments" => &"[(at: 60, prompt: \"Press t, then H.\", wait_for: Turn(Temperature))]",
        "wait_for" => &"Turn(Temperature)",
        "prompt" => &"\"Turn tau down and look at the gradient.\"",
        "show" => &"[Traces, Matrix]",
        "dials" => &"[LearningRate]",
        "hide" => &"[Traces]",
        "lock" => &"[Loss]",
        "image" => &"ResNet(image_size: 64, layers: (1, 1, 1, 1), width: 16)",
        "path" => &"\"photos.csv\"",
        "held_out" => &"[Twemoji], or 0.2 for shapes",
        "loss" => &"InfoNce",
        "schedule" => &"Cosine",
        "then" => &"Pause",
        "temperature" => &0.07,
        "bias" => &-10.0,
        "learning_rate" => &"1e-3",
        "steps" => &1500,
        "batch_size" | "width" => &128,
        "embed_dim" | "image_size" => &64,
        "patch_size" => &8,
        "layers" => &"4, or (1, 1, 1, 1) for a ResNet",
        "heads" => &4,
        "context_length" => &16,
        "vocab_size" => &1024,
        "at" => &200,
        "template" | "keywords" => &0.3,
        "templates" => &"[\"a photo of a {}\"]",
        "languages" => &"[(\"en\", 1.0), (\"de\", 0.5)]",
        "betas" => &"(0.9, 0.98)",
        "grad_clip" => &1.0,
        _ => return None,
    };
    Some(format!("for example `{field}: {value}`"))
}
