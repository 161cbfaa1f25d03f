//! Classes, and what is known of them besides their names.

/// Index of a concept within a data set.
pub type ClassId = usize;

/// A property that every class has: the group of an emoji, the colour of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The property.
    pub name: &'static str,
    /// Its values, in order of their first use.
    pub values: Vec<String>,
    /// For each value, what one might call something that has it: "bird", "fowl".
    pub words: Vec<Vec<String>>,
    /// For each class, the position of its value.
    pub of: Vec<usize>,
}

impl Labels {
    /// The property `name`, from the value of each class.
    pub fn new<'a>(name: &'static str, values: impl Iterator<Item = &'a str>) -> Self {
        let mut labels = Self {
            name,
            values: Vec::new(),
            words: Vec::new(),
            of: Vec::new(),
        };
        for value in values {
            let known = labels.values.iter().position(|v| v == value);
            labels.of.push(known.unwrap_or(labels.values.len()));
            if known.is_none() {
                labels.values.push(value.to_string());
                labels.words.push(vec![value.to_string()]);
            }
        }
        labels
    }

    /// The same with other words for its values; a value that `words` does not know keeps its own.
    #[must_use]
    pub fn said(mut self, words: impl Fn(&str) -> Option<Vec<String>>) -> Self {
        for (value, own) in self.values.iter().zip(&mut self.words) {
            if let Some(words) = words(value) {
                *own = words;
            }
        }
        self
    }
}
