//! [`Misfit`]: a size of a scenario that does not fit with the others.

/// A size that does not fit with the others, and a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Which, within the model: `image.patch_size`; nothing for the model as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub message: String,
    /// What is allowed, to stand at the value.
    pub label: String,
    /// The same if the file leaves the value to its default.
    pub unstated: Option<String>,
    /// What to change.
    pub help: Option<String>,
}

impl Misfit {
    /// A misfit without help.
    pub fn new(field: &'static str, message: impl Into<String>, label: &str) -> Self {
        Self {
            field,
            message: message.into(),
            label: label.into(),
            unstated: None,
            help: None,
        }
    }

    /// With help.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

/// A misfit unless `part`, the value of `field`, divides `whole`, which is called `of`.
pub fn divides(field: &'static str, part: i64, whole: i64, of: &str) -> Option<Misfit> {
    if whole % part == 0 {
        return None;
    }
    let name = field.rsplit('.').next().unwrap_or(field);
    let divisors: Vec<String> = (1..=whole)
        .filter(|d| whole % d == 0)
        .map(|d| d.to_string())
        .collect();
    // The largest few are enough to choose from.
    let largest = &divisors[divisors.len().saturating_sub(8)..];
    let misfit = Misfit {
        unstated: Some(format!("{name} is {part} by default")),
        ..Misfit::new(
            field,
            format!("{of} = {whole} must be a multiple of {name} = {part}"),
            &format!("must divide {of}"),
        )
    };
    Some(misfit.help(format!("what divides {whole}: {}", largest.join(", "))))
}
