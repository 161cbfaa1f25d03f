//! The task `geometry`: how image and text features lie on their sphere: the measures of Wang and Isola (2005.10242), Wang and Liu
//! (2012.09740) and Liang et al. (2203.02053), and a plane to look at them.
//!
//! Everything is a function of features `[N, D]`, row i of both a pair. Features that are not numbers make
//! measures that are not numbers.

use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use tch::{Kind, Tensor};

use crate::error::Result;
use crate::eval::features::{choose, normalise};
use crate::eval::job::{EvalJob, Slice};
use crate::eval::plan::{EvalTask, Needs, Occasion, Plan, Stage};
use crate::eval::store::Store;
use crate::loss::Head;
use crate::loss::tiled::{Cut, Features, TILE, tiled};
use crate::telemetry::{GeometryReport, Histogram, Map, Slide};

/// Parts of the gap at which the loss is looked at.
const SLIDES: [f64; 9] = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0];
/// Pairs that are looked at: the slides' losses and the pairs' distances grow with the square.
pub const PAIRS: usize = 256;
/// Bins of the logits.
pub const BINS: usize = 48;

/// Its row in the table.
pub const TASK: EvalTask = EvalTask {
    name: "geometry",
    about: "Alignment, uniformity, tolerance, modality gap, effective rank",
    report: "geometry",
    on: &[Occasion::Live, Occasion::Examine],
    after: &[],
    needs: Needs::all,
    plan,
};

fn plan(plan: &mut Plan) {
    plan.add(Stage::Short, Geometry);
}

/// Of held-out pictures and their names, or of trained ones if nothing is held out.
struct Geometry;

impl EvalJob for Geometry {
    fn name(&self) -> &'static str {
        TASK.name
    }

    fn advance(&mut self, store: &mut Store) -> Result<Slice> {
        let Some(&split) = store.splits().first() else {
            return Ok(Slice::Done(Vec::new()));
        };
        let classes = &store.prepared.gallery(split).classes;
        let most = classes.len().min(PAIRS);
        let image = store.pictures[&split].slice(s![..most, ..]).to_owned();
        let text = choose(&store.names, &classes[..most]);
        let kinds: Vec<usize> = match store.prepared.labels().first() {
            Some(label) => classes[..most].iter().map(|c| label.of[*c]).collect(),
            None => classes[..most].to_vec(),
        };
        let (report, _) = measure(store.step, &image, &text, &kinds, store.head, None)?;
        Ok(Slice::Done(vec![report.into()]))
    }
}

/// The measures of these pairs; `classes` says which pictures share one. `before` is the plane of the last map,
/// for a map that does not jump.
pub fn measure(
    step: u64,
    image: &Array2<f32>,
    text: &Array2<f32>,
    classes: &[usize],
    head: Head,
    before: Option<&Plane>,
) -> Result<(GeometryReport, Plane)> {
    let plane = Plane::of(image, text, before)?;
    let report = GeometryReport {
        step,
        pairs: image.nrows() as u64,
        alignment: alignment(image, text),
        uniformity_image: uniformity(image),
        uniformity_text: uniformity(text),
        tolerance: tolerance(image, classes),
        gap: gap(image, text).dot(&gap(image, text)).sqrt(),
        rank_image: effective_rank(image)?,
        rank_text: effective_rank(text)?,
        slide: SLIDES
            .map(|lambda| slide(image, text, lambda, head))
            .to_vec(),
        histogram: histogram(image, text, head),
        map: plane.map(image, text),
    };
    Ok((report, plane))
}

/// Mean squared distance of pairs (Wang and Isola, alpha = 2); 0 is perfect.
pub fn alignment(image: &Array2<f32>, text: &Array2<f32>) -> f64 {
    let squared = |(x, y): (ArrayView1<f32>, ArrayView1<f32>)| -> f64 {
        x.iter().zip(y).map(|(x, y)| f64::from(x - y).powi(2)).sum()
    };
    let pairs = image.rows().into_iter().zip(text.rows());
    pairs.map(squared).sum::<f64>() / image.nrows() as f64
}

/// ln of the mean of exp(-2 d^2) over pairs i < j (Wang and Isola, t = 2); lower is more uniform, 0 is a single
/// point. Not a number for fewer than two rows.
pub fn uniformity(rows: &Array2<f32>) -> f64 {
    // d^2 = |x|^2 + |y|^2 - 2 x y.
    let products = rows.dot(&rows.t());
    let potential = |(i, j): (usize, usize)| {
        let squared = products[[i, i]] + products[[j, j]] - 2.0 * products[[i, j]];
        (-2.0 * f64::from(squared)).exp()
    };
    mean(pairs(rows.nrows()).map(potential)).ln()
}

/// Mean cosine of pictures of one class (Wang and Liu, eq. 11): how much likeness the features allow what is alike.
/// Not a number if no two share one.
pub fn tolerance(rows: &Array2<f32>, classes: &[usize]) -> f64 {
    let products = rows.dot(&rows.t());
    let alike = pairs(rows.nrows()).filter(|(i, j)| classes[*i] == classes[*j]);
    mean(alike.map(|(i, j)| f64::from(products[[i, j]])))
}

/// From the mean text to the mean picture (Liang et al., section 2), `[D]`.
pub fn gap(image: &Array2<f32>, text: &Array2<f32>) -> Array1<f64> {
    centre(image) - centre(text)
}

/// exp of the entropy of the singular values, each over their sum (Roy and Vetterli), of the centred rows: in so
/// many directions they spread. Not a number without any spread.
pub fn effective_rank(rows: &Array2<f32>) -> Result<f64> {
    let values = singular_values(rows)?;
    let sum: f64 = values.iter().sum();
    if !sum.is_finite() || sum <= 0.0 {
        return Ok(f64::NAN);
    }
    let shares = values.iter().map(|v| v / sum).filter(|p| *p > 0.0);
    Ok(shares.map(|p| -p * p.ln()).sum::<f64>().exp())
}

/// Of the centred rows, by way of the eigenvalues of their covariance.
fn singular_values(rows: &Array2<f32>) -> Result<Vec<f64>> {
    let centred = centred(rows);
    if !centred.iter().all(|x| x.is_finite()) || centred.is_empty() {
        return Ok(vec![f64::NAN]);
    }
    let squares = matrix(&centred.t().dot(&centred))?.f_linalg_eigvalsh("L")?;
    let squares: Vec<f64> = Vec::try_from(squares)?;
    Ok(squares.iter().map(|v| v.max(0.0).sqrt()).collect())
}

/// The loss with pictures moved by -lambda/2 of the gap and texts by +lambda/2, both normalised again (Liang et
/// al., section 5.1).
pub fn slide(image: &Array2<f32>, text: &Array2<f32>, lambda: f64, head: Head) -> Slide {
    let vector = gap(image, text);
    let moved = |rows: &Array2<f32>, by: f64| {
        let mut moved = rows + &vector.mapv(|x| (x * by) as f32);
        normalise(&mut moved);
        moved
    };
    let (x, y) = (moved(image, -lambda / 2.0), moved(text, lambda / 2.0));
    let left = gap(&x, &y);
    let flat = |rows: &Array2<f32>| rows.iter().copied().collect::<Vec<f32>>();
    let (fx, fy) = (flat(&x), flat(&y));
    let features = Features {
        image: &fx,
        text: &fy,
        dimensions: x.ncols(),
    };
    let cut = Cut {
        tile: TILE,
        threads: 1,
        bf16: false,
    };
    Slide {
        lambda,
        gap: left.dot(&left).sqrt(),
        loss: tiled(features, head, cut).loss,
    }
}

/// Logits of pairs and of everything else, in [`BINS`] bins over their range.
pub fn histogram(image: &Array2<f32>, text: &Array2<f32>, head: Head) -> Histogram {
    let (scale, bias) = (head.scale(), head.logit_bias.unwrap_or(0.0));
    let logits = image.dot(&text.t()).mapv(|c| f64::from(c) * scale + bias);
    let real = || logits.iter().copied().filter(|z| z.is_finite());
    let (low, high) = real().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), z| {
        (l.min(z), h.max(z))
    });
    let mut made = Histogram {
        low,
        high,
        positive: vec![0; BINS],
        negative: vec![0; BINS],
    };
    for ((i, j), z) in logits.indexed_iter().filter(|(_, z)| z.is_finite()) {
        let at = (z - low) / (high - low).max(f64::MIN_POSITIVE) * BINS as f64;
        let side = if i == j {
            &mut made.positive
        } else {
            &mut made.negative
        };
        side[(at as usize).min(BINS - 1)] += 1;
    }
    made
}

/// Two directions in feature space, and the point that they pass through.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// `[D]`.
    centre: Array1<f64>,
    /// `[D, 2]`, columns of unit length at right angles.
    axes: Array2<f64>,
    explained: [f64; 2],
}

impl Plane {
    /// The main plane of both modalities together (PCA). Turned within itself to lie as near as it can to the one
    /// `before`: axes have no sign of their own, and two of like variance no order.
    pub fn of(image: &Array2<f32>, text: &Array2<f32>, before: Option<&Self>) -> Result<Self> {
        let all = ndarray::concatenate(Axis(0), &[image.view(), text.view()])
            .unwrap_or_else(|_| image.clone());
        let middle = centre(&all);
        let centred = centred(&all);
        let dimensions = all.ncols();
        let broken = !centred.iter().all(|x| x.is_finite()) || dimensions < 2;
        if broken || all.nrows() < 2 {
            return Ok(Self {
                centre: Array1::zeros(dimensions),
                axes: Array2::from_shape_fn((dimensions, 2), |(i, j)| f64::from(u8::from(i == j))),
                explained: [f64::NAN; 2],
            });
        }
        let (values, vectors) = matrix(&centred.t().dot(&centred))?.f_linalg_eigh("L")?;
        // Rising: the last two are the largest.
        let values: Vec<f64> = Vec::try_from(values)?;
        let sum: f64 = values.iter().map(|v| v.max(0.0)).sum();
        let last = |n: usize| values[dimensions - 1 - n].max(0.0) / sum;
        let vectors: Vec<f64> = Vec::try_from(vectors.f_reshape([-1])?)?;
        let vectors = Array2::from_shape_vec((dimensions, dimensions), vectors)
            .unwrap_or_else(|_| Array2::eye(dimensions));
        let axes = vectors.slice(s![.., dimensions - 2..; 1]).to_owned();
        let axes = axes.select(Axis(1), &[1, 0]);
        let plane = Self {
            centre: middle,
            axes,
            explained: [last(0), last(1)],
        };
        Ok(match before {
            Some(before) if before.axes.dim() == plane.axes.dim() => plane.turned_to(before),
            _ => plane,
        })
    }

    /// The rotation or reflection within the plane that brings its axes nearest to the other's (orthogonal
    /// Procrustes, in closed form for two dimensions).
    fn turned_to(mut self, before: &Self) -> Self {
        let m = self.axes.t().dot(&before.axes);
        let (a, b, c, d) = (m[[0, 0]], m[[0, 1]], m[[1, 0]], m[[1, 1]]);
        // The best rotation gains the length of (a + d, b - c), the best reflection that of (a - d, b + c).
        let (turn, mirror) = ((a + d).hypot(b - c), (a - d).hypot(b + c));
        let r = if turn >= mirror {
            let (cos, sin) = if turn > 0.0 {
                ((a + d) / turn, (b - c) / turn)
            } else {
                (1.0, 0.0)
            };
            [[cos, sin], [-sin, cos]]
        } else {
            let (cos, sin) = ((a - d) / mirror, (b + c) / mirror);
            [[cos, sin], [sin, -cos]]
        };
        self.axes = self.axes.dot(&ndarray::arr2(&r));
        self
    }

    /// Both modalities on the plane.
    pub fn map(&self, image: &Array2<f32>, text: &Array2<f32>) -> Map {
        let project = |rows: &Array2<f32>| {
            let moved = rows.mapv(f64::from) - &self.centre;
            let flat = moved.dot(&self.axes);
            flat.rows()
                .into_iter()
                .map(|p| [p[0] as f32, p[1] as f32])
                .collect()
        };
        Map {
            image: project(image),
            text: project(text),
            explained: self.explained,
        }
    }
}

fn centre(rows: &Array2<f32>) -> Array1<f64> {
    let sum = rows
        .rows()
        .into_iter()
        .fold(Array1::zeros(rows.ncols()), |sum: Array1<f64>, row| {
            sum + row.mapv(f64::from)
        });
    sum / rows.nrows() as f64
}

fn centred(rows: &Array2<f32>) -> Array2<f64> {
    rows.mapv(f64::from) - &centre(rows)
}

fn matrix(rows: &Array2<f64>) -> Result<Tensor> {
    let flat: Vec<f64> = rows.iter().copied().collect();
    let shape = [rows.nrows() as i64, rows.ncols() as i64];
    Ok(Tensor::f_from_slice(&flat)?
        .f_reshape(shape)?
        .f_to_kind(Kind::Double)?)
}

/// All i < j.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u64), |(sum, count), v| (sum + v, count + 1));
    sum / count as f64
}
