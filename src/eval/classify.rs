//! [`Classifier`]: which of the given classes a picture is, from a checkpoint, with every score that there is.

use ndarray::{Array2, ArrayView1};

use super::answers::{Ensemble, sigmoid, softmax};
use super::embed;
use super::templates::Templates;
use crate::data::tokenizer::Tokenizer;
use crate::error::{Error, Result};
use crate::model::Clip;

/// Vectors of classes in a model's space, and its scale.
#[derive(Clone, Debug)]
pub struct Classifier {
    /// What the classes are called.
    pub names: Vec<String>,
    /// exp(logit_scale).
    pub scale: f64,
    /// Added to scaled cosines, if the model has learned it: then the sigmoid is a score by itself.
    pub bias: Option<f64>,
    /// `[C, D]`, unit length.
    classes: Array2<f32>,
}

/// How a picture scores in one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Position among the classes.
    pub class: usize,
    /// Cosine of picture and class, -1 to 1.
    pub cosine: f64,
    /// Share of the softmax over all classes of the list: sums to one over any list.
    pub softmax: f64,
    /// sigma(scale * cosine + bias): whether picture and class belong together, whatever else is on the list.
    pub sigmoid: Option<f64>,
}

impl Score {
    /// The score that a threshold is for: the sigmoid where there is one, else the cosine. Not the softmax, which
    /// depends on what else is on the list and is 1 for a list of one.
    pub fn absolute(&self) -> f64 {
        self.sigmoid.unwrap_or(self.cosine)
    }
}

/// Class names that can be told apart.
///
/// # Errors
/// [`Error::Usage`] for fewer than two, an empty one, or one that is there twice.
pub fn check_names(names: &[String]) -> Result<()> {
    match names {
        [] => {
            return Err(Error::Usage(
                "no classes\n  pass --classes cat,dog or --classes-file FILE".into(),
            ));
        }
        [one] => {
            return Err(Error::Usage(format!(
                "expected two classes or more, got one, `{one}`\n  \
                 add another, for example --classes \"{one},something else\""
            )));
        }
        _ => {}
    }
    let mut known = std::collections::HashMap::new();
    for (i, name) in (1..).zip(names) {
        if name.trim().is_empty() {
            return Err(Error::Usage(format!(
                "class {i} of {} is empty",
                names.len()
            )));
        }
        if let Some(first) = known.insert(name.trim(), i) {
            return Err(Error::Usage(format!(
                "class `{name}` is listed twice, as number {first} and {i}\n  keep one of them"
            )));
        }
    }
    Ok(())
}

impl Classifier {
    /// Says every class in every template; a class is the mean of its prompts' unit features, normalised again.
    ///
    /// # Errors
    /// What [`check_names`] refuses.
    pub fn new(
        clip: &Clip,
        tokenizer: &Tokenizer,
        names: Vec<String>,
        templates: &Templates,
        mut progress: impl FnMut(usize),
    ) -> Result<Self> {
        check_names(&names)?;
        let mut ensemble: Option<Ensemble> = None;
        let mut said = 0;
        for (class, name) in names.iter().enumerate() {
            let prompts: Vec<String> = templates.prompts(std::slice::from_ref(name)).collect();
            let features = embed::texts(clip, tokenizer, &prompts, |_| {})?;
            let ensemble =
                ensemble.get_or_insert_with(|| Ensemble::new(names.len(), features.ncols()));
            for prompt in features.rows() {
                ensemble.add(class, prompt);
            }
            said += prompts.len();
            progress(said);
        }
        let classes = ensemble
            .map(|ensemble| ensemble.finish())
            .unwrap_or_default();
        Ok(Self {
            names,
            scale: clip.logit_scale().double_value(&[]).exp(),
            bias: clip.logit_bias().map(|bias| bias.double_value(&[])),
            classes,
        })
    }

    /// The scores of a picture in all classes, the best first; of equal ones the first of the list.
    pub fn scores(&self, picture: ArrayView1<f32>) -> Vec<Score> {
        let cosines = self.classes.dot(&picture).to_vec();
        let shares = softmax(&cosines, self.scale);
        let sigmoids = self.bias.map(|bias| sigmoid(&cosines, self.scale, bias));
        let mut scores: Vec<Score> = (0..cosines.len())
            .map(|class| Score {
                class,
                cosine: f64::from(cosines[class]),
                softmax: shares[class],
                sigmoid: sigmoids.as_ref().map(|list| list[class]),
            })
            .collect();
        scores.sort_by(|a, b| b.cosine.total_cmp(&a.cosine));
        scores
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn classifier(bias: Option<f64>) -> Classifier {
        Classifier {
            names: ["a", "b", "c"].map(String::from).to_vec(),
            scale: 10.0,
            bias,
            classes: array![[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]],
        }
    }

    #[test]
    fn scores_are_those_of_the_formulas_the_best_first() {
        let scores = classifier(Some(-8.0)).scores(array![1.0, 0.0].view());
        let order: Vec<usize> = scores.iter().map(|s| s.class).collect();
        assert_eq!(order, [0, 1, 2]);
        let total = 1.0 + (-4.0_f64).exp() + (-20.0_f64).exp();
        assert!((scores[0].softmax - 1.0 / total).abs() < 1e-6);
        assert!((scores[0].absolute() - 1.0 / (1.0 + (-2.0_f64).exp())).abs() < 1e-6);
        let bare = classifier(None).scores(array![0.0, 1.0].view());
        assert_eq!((bare[0].class, bare[0].sigmoid), (1, None));
        assert!((bare[0].absolute() - 0.8).abs() < 1e-6);
        // A tie: in the order of the list.
        assert_eq!((bare[1].class, bare[2].class), (0, 2));
    }

    #[test]
    fn lists_that_cannot_be_told_apart_are_refused() {
        let says = |names: &[&str], words: &str| {
            let names: Vec<String> = names.iter().map(|n| (*n).into()).collect();
            let fault = check_names(&names).unwrap_err();
            assert!(
                fault.exit_code() == 2 && fault.to_string().contains(words),
                "{fault}"
            );
        };
        says(&[], "no classes");
        says(&["cat"], "two classes or more, got one, `cat`");
        says(&["cat", " "], "class 2 of 2 is empty");
        says(&["cat", "dog", "cat"], "as number 1 and 3");
        assert!(check_names(&["cat".into(), "dog".into()]).is_ok());
    }
}
