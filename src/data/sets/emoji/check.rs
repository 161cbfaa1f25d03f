//! What a scenario may not ask of the emoji set, and what to do instead.

use crate::error::{Error, Result};
use crate::scenario::Style;

/// A style to train on, none twice, none both trained on and held out.
pub fn styles(train: &[Style], held_out: &[Style]) -> Result<()> {
    let all = format!("there are: {:?}", Style::ALL).replace(['[', ']'], "");
    if train.is_empty() {
        return Err(Error::Data(format!(
            "emoji: no style to train on\n  name some in `train`; {all}"
        )));
    }
    for (i, style) in train.iter().enumerate() {
        if held_out.contains(style) {
            return Err(Error::Data(format!(
                "emoji: the style {style:?} is both trained on and held out\n  a test on pictures \
                 that were trained on tests nothing: remove it from `train` or from `held_out`"
            )));
        }
        if train[..i].contains(style) {
            return Err(named_twice(*style, "train"));
        }
    }
    for (i, style) in held_out.iter().enumerate() {
        if held_out[..i].contains(style) {
            return Err(named_twice(*style, "held_out"));
        }
    }
    Ok(())
}

fn named_twice(style: Style, list: &str) -> Error {
    Error::Data(format!(
        "emoji: the style {style:?} is named twice in `{list}`\n  name it once"
    ))
}

/// Templates with a place for the name, if the weight says that any are used.
pub fn templates(weight: f64, templates: &[String]) -> Result<()> {
    if weight > 0.0 && templates.is_empty() {
        return Err(Error::Data(
            "emoji: captions are to be made from templates, but there are none\n  add some to \
             `templates`, or set the weight `template` to 0"
                .into(),
        ));
    }
    match templates.iter().find(|t| !t.contains("{}")) {
        Some(template) => Err(Error::Data(format!(
            "emoji: the template \"{template}\" has no place for the name\n  put {{}} where the name \
             belongs"
        ))),
        None => Ok(()),
    }
}
