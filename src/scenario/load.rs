//! Reading scenarios: from files, from the bundled ones, from text.

use std::io::Read as _;
use std::path::Path;

use super::outline::Outline;
use super::report::{Fault, render};
use super::{Cue, Scenario, dialect, explain, suggest, validate};
use crate::error::{Error, Result};

macro_rules! bundle {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../scenarios/", $name, ".ron")))),+]
    };
}

/// The scenarios inside the program: file name without `.ron`, and text. The first is the default.
pub const BUNDLED: &[(&str, &str)] = bundle![
    "softmax-vs-sigmoid",
    "clip",
    "siglip",
    "tau-too-small",
    "siglip-no-bias",
    "batch-ladder",
    "bias-ablation",
    "shapes",
    "vit",
    "clip-vit",
    "siglip-vit",
    "noise",
    "beta2",
    "alignment-noise",
    "templates",
    "cats-and-dogs",
    "three-regimes",
    "temperature-sweep",
    "pair-masking",
    "languages",
    "first-look",
    "stuck-at-ln-n",
    "why-a-scale",
    "rising-scale",
    "bias-zero",
    "batch-of-two",
    "false-negatives",
    "rate-too-high",
];

/// Largest scenario file that is read: a thousand times what one needs.
const LARGEST: u64 = 1 << 20;

/// The bundled scenario called `name`.
pub fn bundled(name: &str) -> Option<&'static str> {
    BUNDLED
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// Reads the bundled scenario called `path`, or else the file at `path`. Data of the user's own then starts at the
/// file's folder.
///
/// # Errors
/// [`Error::Usage`] or [`Error::File`] if there is no readable file, [`Error::Scenario`] with the
/// whole report if its text cannot be used.
pub fn load(path: impl AsRef<Path>) -> Result<Scenario> {
    let path = path.as_ref();
    if let Some((name, text)) = path.to_str().and_then(|n| Some((n, bundled(n)?))) {
        return parse(text, &format!("scenarios/{name}.ron"));
    }
    let text = read(path)?;
    let mut scenario = parse(&text, &path.display().to_string())?;
    scenario.data.anchor(path.parent().unwrap_or(Path::new("")));
    if let Some(checkpoint) = &mut scenario.checkpoint {
        let place = path.parent().unwrap_or(Path::new("")).join(&*checkpoint);
        *checkpoint = std::path::absolute(&place).unwrap_or(place);
    }
    Ok(scenario)
}

/// Reads a script from text, as a run's `controls.ron` has it; `origin` is its name in messages.
///
/// # Errors
/// [`Error::Scenario`] that says where the text is not one.
pub fn parse_script(text: &str, origin: &str) -> Result<Vec<Cue>> {
    dialect::options()
        .from_str(text)
        .map_err(|e| Error::Scenario(format!("{origin}: not a script: {e}")))
}

/// Reads a scenario from text; `origin` is its name in messages.
///
/// # Errors
/// [`Error::Scenario`] with a report on the first fault of form, or on all faults of sense.
pub fn parse(text: &str, origin: &str) -> Result<Scenario> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let outline = Outline::new(text);
    let refuse = |faults: &[Fault]| Error::Scenario(render(origin, text, faults));
    if outline.is_empty() {
        let fault = Fault::new("the file is empty", 0..0).help(
            "start from a bundled one: `clip-lab scenarios softmax-vs-sigmoid > my.ron`"
                .to_string(),
        );
        return Err(refuse(&[fault]));
    }
    let scenario = read_ron(text).map_err(|e| refuse(&[explain::fault(&outline, &e)]))?;
    match &validate::faults(&scenario, &outline)[..] {
        [] => Ok(scenario),
        faults => Err(refuse(faults)),
    }
}

fn read_ron(text: &str) -> Result<Scenario, ron::error::SpannedError> {
    dialect::options().from_str(text).or_else(|first| {
        // Plain RON writes `Emoji((train: [...]))`. Whichever reading came farther is meant.
        let plain = dialect::options()
            .without_default_extension(ron::extensions::Extensions::UNWRAP_VARIANT_NEWTYPES);
        plain.from_str(text).map_err(|second| {
            if second.span.end > first.span.end {
                second
            } else {
                first
            }
        })
    })
}

fn read(path: &Path) -> Result<String> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing(path)),
        Err(e) => return Err(Error::file("read", path)(e)),
    };
    let shown = path.display();
    if file.metadata().map_err(Error::file("read", path))?.is_dir() {
        return Err(Error::Usage(format!(
            "{shown} is a folder, not a scenario\n  name a .ron file{}",
            first_ron(path).map_or(String::new(), |inside| format!(", such as {inside}"))
        )));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(Error::file("read", path))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::Usage(format!(
            "{shown} is larger than 1 MiB, too large for a scenario\n  name a .ron file"
        )));
    }
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        Error::Usage(format!(
            "{shown} is not a UTF-8 text file\n  name a .ron file"
        ))
    })
}

/// A scenario that lies in the folder, for a message.
fn first_ron(folder: &Path) -> Option<String> {
    let files = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path());
    files
        .filter(|p| p.extension().is_some_and(|e| e == "ron"))
        .min()
        .map(|p| p.display().to_string())
}

fn missing(path: &Path) -> Error {
    let shown = path.display();
    let names = BUNDLED.iter().map(|(name, _)| *name);
    let word = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let hint = suggest::did_you_mean(word, names.clone())
        .map_or(String::new(), |hint| format!("\n  {hint}"));
    let names = names.collect::<Vec<_>>().join(", ");
    Error::Usage(format!(
        "no file and no bundled scenario called `{shown}`{hint}\n  bundled: {names}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_scenario_reads_and_survives_being_written() {
        for (name, text) in BUNDLED {
            let scenario = load(name).unwrap_or_else(|e| panic!("{e}"));
            let written = scenario.to_ron();
            let again = parse(&written, name).unwrap_or_else(|e| panic!("{e}\n{written}"));
            assert_eq!(again, scenario, "{name}");
            assert!(
                text.starts_with("//") && text.contains("Watch for:"),
                "{name} opens with no comment"
            );
        }
    }

    #[test]
    fn plain_ron_with_wrapped_records_reads_too() {
        let text = bundled("clip")
            .unwrap()
            .replace("Emoji(", "Emoji((")
            .replacen("\n    ),", "\n    )),", 1);
        assert_ne!(text, bundled("clip").unwrap());
        assert_eq!(
            parse(&text, "x").unwrap_or_else(|e| panic!("{e}")),
            load("clip").unwrap()
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_fault() {
        assert!(parse(&format!("\u{feff}{}", bundled("clip").unwrap()), "x").is_ok());
    }
}
