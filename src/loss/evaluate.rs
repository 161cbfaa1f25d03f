//! The losses on numbers that somebody brings along: plain data in, plain data out, so that the
//! command line needs no tensors. It must not know files or flags.

use tch::{Device, Kind, Tensor};

use super::tiled::{self, Cut, Features, tiled};
use super::{Head, Loss, LossTerms};
use crate::error::Result;
use crate::quantity::logit_scale;

/// What is compared with what.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Features of both sides, row by row, rows of unit length.
    Features {
        /// Pairs.
        n: usize,
        /// Dimensions.
        d: usize,
        /// Image features, `n * d`.
        image: Vec<f32>,
        /// Text features, `n * d`.
        text: Vec<f32>,
    },
    /// Cosines, row by row: rows pictures, columns captions.
    Cosines {
        /// Pairs.
        n: usize,
        /// `n * n` cosines.
        values: Vec<f64>,
    },
}

impl Input {
    /// Pairs.
    pub const fn pairs(&self) -> usize {
        match self {
            Self::Features { n, .. } | Self::Cosines { n, .. } => *n,
        }
    }

    /// Dimensions of the features, where there are features.
    pub const fn dimensions(&self) -> Option<usize> {
        match self {
            Self::Features { d, .. } => Some(*d),
            Self::Cosines { .. } => None,
        }
    }
}

/// The type that the loss is computed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, as in training.
    Fp32,
    /// 32 bits, but the products that make the gradients have operands of 16. Tiled only.
    Bf16,
    /// 64 bits, to check the others by.
    Fp64,
}

impl Precision {
    /// Bytes of one number.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Fp32 | Self::Bf16 => 4,
            Self::Fp64 => 8,
        }
    }

    const fn kind(self) -> Kind {
        match self {
            Self::Fp32 | Self::Bf16 => Kind::Float,
            Self::Fp64 => Kind::Double,
        }
    }
}

/// What is to be computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// The loss.
    pub loss: Loss,
    /// tau.
    pub temperature: f64,
    /// b.
    pub bias: Option<f64>,
    /// The type of the arithmetic.
    pub precision: Precision,
    /// Rows and columns of a tile of logits; all of them at once if absent. Features only.
    pub tile: Option<usize>,
}

impl Question {
    /// Bytes that the loss takes at its peak, gradients included, beyond the features.
    pub fn bytes(&self, input: &Input) -> u128 {
        if let (Some(cut), Some(d)) = (self.cut(), input.dimensions()) {
            return u128::from(tiled::bytes(input.pairs(), d, cut));
        }
        let n = input.pairs() as u128;
        // N x N matrices alive at a time, rounded up: 6.0 (SigLIP) and 6.3 (InfoNCE) were measured.
        let matrices = 7;
        matrices * n * n * self.precision.bytes() as u128
    }

    fn head(&self) -> Head {
        Head {
            loss: self.loss,
            logit_scale: logit_scale(self.temperature),
            logit_bias: self.bias,
        }
    }

    fn cut(&self) -> Option<Cut> {
        Some(Cut {
            tile: self.tile?,
            threads: tch::get_num_threads().max(1) as usize,
            bf16: self.precision == Precision::Bf16,
        })
    }
}

/// Input and question: ready to be evaluated as often as one likes.
#[derive(Debug)]
pub struct Problem<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    Dense(Dense),
    Tiled(Features<'a>, Head, Cut),
}

/// All logits at once, as tensors.
#[derive(Debug)]
struct Dense {
    head: Head,
    operands: Operands,
    /// In 64 bits whatever the precision: rounding ln(1/tau) to 32 would cost the logits a digit.
    logit_scale: Tensor,
    logit_bias: Option<Tensor>,
}

#[derive(Debug)]
enum Operands {
    Features { image: Tensor, text: Tensor },
    Cosines(Tensor),
}

/// A loss with its gradients.
#[derive(Debug)]
pub struct Evaluation {
    /// The loss.
    pub loss: f64,
    /// Cross-entropy of the rows (InfoNCE only).
    pub image_to_text: Option<f64>,
    /// Cross-entropy of the columns (InfoNCE only).
    pub text_to_image: Option<f64>,
    /// By ln(1/tau), the loss's own bias parameter held.
    pub grad_logit_scale: f64,
    /// By the loss's own bias parameter (see [`Law`](super::Law)), where there is a bias.
    pub grad_logit_bias: Option<f64>,
    /// By the image and the text features, each `n * d`, row by row; none if the input was cosines.
    pub features: Option<(Vec<f32>, Vec<f32>)>,
}

impl<'a> Problem<'a> {
    /// Takes the input as it is, or copies it into tensors.
    pub fn new(input: &'a Input, question: &Question) -> Result<Self> {
        let cut = question.cut();
        if let (Some(cut), Input::Features { d, image, text, .. }) = (cut, input) {
            let features = Features {
                image,
                text,
                dimensions: *d,
            };
            return Ok(Self(Form::Tiled(features, question.head(), cut)));
        }
        Ok(Self(Form::Dense(Dense::new(input, question)?)))
    }

    /// One forward and one backward pass.
    pub fn evaluate(&self) -> Result<Evaluation> {
        let (head, mut made) = match &self.0 {
            Form::Dense(dense) => (dense.head, dense.evaluate()?),
            Form::Tiled(features, head, cut) => {
                let made = tiled(*features, *head, *cut);
                let evaluation = Evaluation {
                    loss: made.loss,
                    image_to_text: made.image_to_text,
                    text_to_image: made.text_to_image,
                    grad_logit_scale: made.grad_logit_scale,
                    grad_logit_bias: made.grad_logit_bias,
                    features: Some((made.image_gradient, made.text_gradient)),
                };
                (*head, evaluation)
            }
        };
        let (by_scale, by_bias) = (made.grad_logit_scale, made.grad_logit_bias);
        (made.grad_logit_scale, made.grad_logit_bias) =
            head.loss.law().by_parameters(head, by_scale, by_bias);
        Ok(made)
    }
}

impl Dense {
    fn new(input: &Input, question: &Question) -> Result<Self> {
        let (head, kind) = (question.head(), question.precision.kind());
        let operands = match input {
            Input::Features { n, d, image, text } => Operands::Features {
                image: matrix(image, *n, *d, kind)?.set_requires_grad(true),
                text: matrix(text, *n, *d, kind)?.set_requires_grad(true),
            },
            Input::Cosines { n, values } => Operands::Cosines(matrix(values, *n, *n, kind)?),
        };
        Ok(Self {
            head,
            operands,
            logit_scale: scalar(head.logit_scale),
            logit_bias: head.logit_bias.map(scalar),
        })
    }

    fn evaluate(&self) -> Result<Evaluation> {
        let terms = self.forward();
        let mut inputs = vec![&self.logit_scale];
        inputs.extend(&self.logit_bias);
        if let Operands::Features { image, text } = &self.operands {
            inputs.extend([image, text]);
        }
        let mut gradients =
            Tensor::f_run_backward(&[&terms.loss], &inputs, false, false)?.into_iter();
        let mut next = || gradients.next();
        Ok(Evaluation {
            loss: terms.loss.f_double_value(&[])?,
            image_to_text: terms.image_to_text.map(|term| term.double_value(&[])),
            text_to_image: terms.text_to_image.map(|term| term.double_value(&[])),
            grad_logit_scale: next().map_or(f64::NAN, |gradient| gradient.double_value(&[])),
            grad_logit_bias: self
                .logit_bias
                .as_ref()
                .and_then(|_| next())
                .map(|gradient| gradient.double_value(&[])),
            features: match next().zip(next()) {
                Some((image, text)) => Some((numbers(&image)?, numbers(&text)?)),
                None => None,
            },
        })
    }

    fn forward(&self) -> LossTerms {
        let bias = self.logit_bias.as_ref();
        match &self.operands {
            Operands::Features { image, text } => {
                self.head.loss.forward(image, text, &self.logit_scale, bias)
            }
            Operands::Cosines(cosines) => {
                self.head
                    .loss
                    .from_cosines(cosines, &self.logit_scale, bias)
            }
        }
    }
}

fn matrix<T: tch::kind::Element>(
    values: &[T],
    rows: usize,
    columns: usize,
    kind: Kind,
) -> Result<Tensor> {
    let flat = Tensor::f_from_slice(values)?;
    Ok(flat
        .f_view([rows as i64, columns as i64])?
        .f_to_kind(kind)?)
}

fn scalar(value: f64) -> Tensor {
    Tensor::full([0i64; 0], value, (Kind::Double, Device::Cpu)).set_requires_grad(true)
}

/// A tensor's numbers in 32 bits, row by row.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f32>> {
    let tensor = tensor.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut values = vec![0.0; tensor.numel()];
    let count = values.len();
    tensor.f_copy_data(&mut values, count)?;
    Ok(values)
}
