//! One update of `AdamW` in one pass over main memory. Written as tensor operations it is a dozen passes, and
//! memory is what it waits for: four numbers are read and three written for each parameter.

use multiversion::multiversion;

use crate::deal::deal;

/// The numbers of an update.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Share of a gradient in the running mean, `1 - beta1`.
    pub mean: f32,
    /// Share of its square in that of squares, `1 - beta2`.
    pub square: f32,
    /// What the root of the mean of squares is multiplied by, `(1 - beta2^t)^-1/2`.
    pub root: f32,
    /// Added to that.
    pub epsilon: f32,
    /// The learning rate over `1 - beta1^t`.
    pub rate: f32,
    /// What is taken off a parameter that decays, as a share of it.
    pub decay: f32,
}

/// Parameters with all that belongs to them, one number each.
pub struct Buffers<'a> {
    /// The parameters.
    pub parameters: &'a mut [f32],
    /// Their gradients.
    pub gradients: &'a [f32],
    /// Running means of the gradients.
    pub means: &'a mut [f32],
    /// Running means of their squares.
    pub squares: &'a mut [f32],
}

/// Numbers handled together.
const LANES: usize = 16;

/// Numbers whose squares are added up in 32 bits.
const BLOCK: usize = 1 << 12;

/// Parameters that a thread takes at a time, whole blocks, so that sums come out alike; fewer are not worth one.
const WORTH_A_THREAD: usize = 1 << 18;

impl Buffers<'_> {
    fn split(self, at: usize) -> (Self, Self) {
        let (parameters, more_parameters) = self.parameters.split_at_mut(at);
        let (gradients, more_gradients) = self.gradients.split_at(at);
        let (means, more_means) = self.means.split_at_mut(at);
        let (squares, more_squares) = self.squares.split_at_mut(at);
        let first = Buffers {
            parameters,
            gradients,
            means,
            squares,
        };
        let rest = Buffers {
            parameters: more_parameters,
            gradients: more_gradients,
            means: more_means,
            squares: more_squares,
        };
        (first, rest)
    }
}

/// Updates all, of which the first `decaying` decay, on so many threads: the same numbers whatever they are. The
/// sums of the squares of the parameters afterwards, and of their changes.
pub fn update(buffers: Buffers, decaying: usize, rule: Rule, threads: usize) -> [f64; 2] {
    let length = buffers.parameters.len();
    let threads = threads.min(length / WORTH_A_THREAD).max(1);
    let mut rest = Some(buffers);
    let mut shares = Vec::new();
    let mut from = 0;
    while let Some(buffers) = rest.take() {
        let most = buffers.parameters.len();
        let (first, more) = buffers.split(WORTH_A_THREAD.min(most));
        shares.push((first, decaying.saturating_sub(from)));
        from += WORTH_A_THREAD;
        rest = (most > WORTH_A_THREAD).then_some(more);
    }
    let sums = deal(shares.into_iter(), threads, |(buffers, decaying)| {
        blocks_of(buffers, decaying, rule)
    });
    let sums = sums.concat();
    sums.iter().fold([0.0; 2], |all, [parameters, changes]| {
        [all[0] + parameters, all[1] + changes]
    })
}

fn blocks_of(mut buffers: Buffers, decaying: usize, rule: Rule) -> Vec<[f64; 2]> {
    let mut sums = Vec::new();
    let spared = Rule { decay: 0.0, ..rule };
    let mut from = 0;
    while !buffers.parameters.is_empty() {
        let most = buffers.parameters.len().min(BLOCK);
        let (block, rest) = buffers.split(most);
        buffers = rest;
        let (decayed, other) = block.split(decaying.saturating_sub(from).min(most));
        let (a, b) = (step(decayed, rule), step(other, spared));
        sums.push([a[0] + b[0], a[1] + b[1]]);
        from += most;
    }
    sums
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+fma",
    "x86_64+avx2+fma"
))]
fn step(buffers: Buffers, rule: Rule) -> [f64; 2] {
    let (mut after, mut moved) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let mut parameters = buffers.parameters.chunks_exact_mut(LANES);
    let mut gradients = buffers.gradients.chunks_exact(LANES);
    let mut means = buffers.means.chunks_exact_mut(LANES);
    let mut squares = buffers.squares.chunks_exact_mut(LANES);
    let whole = (&mut parameters)
        .zip(&mut gradients)
        .zip(&mut means)
        .zip(&mut squares);
    for (((p, g), m), v) in whole {
        for lane in 0..LANES {
            let change = one(&mut p[lane], g[lane], &mut m[lane], &mut v[lane], rule);
            after[lane] += p[lane] * p[lane];
            moved[lane] += change * change;
        }
    }
    let last = parameters
        .into_remainder()
        .iter_mut()
        .zip(gradients.remainder())
        .zip(means.into_remainder())
        .zip(squares.into_remainder());
    for (((p, g), m), v) in last {
        let change = one(p, *g, m, v, rule);
        after[0] += *p * *p;
        moved[0] += change * change;
    }
    let sum = |lanes: [f32; LANES]| lanes.iter().map(|x| f64::from(*x)).sum();
    [sum(after), sum(moved)]
}

/// One parameter; its change.
#[inline(always)]
// It must become part of the version of its caller that the processor runs.
#[allow(clippy::inline_always)]
fn one(p: &mut f32, g: f32, m: &mut f32, v: &mut f32, rule: Rule) -> f32 {
    *m += (g - *m) * rule.mean;
    *v += (g * g - *v) * rule.square;
    let change = -rule.rate * *m / (v.sqrt() * rule.root + rule.epsilon) - rule.decay * *p;
    *p += change;
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_updated_once_whatever_the_threads() {
        let count = 3 * WORTH_A_THREAD + 1234;
        let decaying = WORTH_A_THREAD + 77;
        let rule = Rule {
            mean: 0.1,
            square: 0.02,
            root: 1.5,
            epsilon: 1e-6,
            rate: 0.01,
            decay: 0.001,
        };
        let made = |threads: usize| {
            let wave = |phase: f32| {
                (0..count)
                    .map(|i| (i as f32 * 0.37 + phase).sin())
                    .collect()
            };
            let (mut parameters, gradients): (Vec<f32>, Vec<f32>) = (wave(0.0), wave(1.0));
            let (mut means, mut squares): (Vec<f32>, Vec<f32>) = (wave(2.0), vec![0.5; count]);
            let buffers = Buffers {
                parameters: &mut parameters,
                gradients: &gradients,
                means: &mut means,
                squares: &mut squares,
            };
            let sums = update(buffers, decaying, rule, threads);
            (parameters, means, squares, sums)
        };
        let (parameters, _, _, sums) = made(1);
        assert!(made(1) == made(2) && made(1) == made(5));
        for i in [0, 5, 4095, 4096, decaying - 1, decaying, count - 1] {
            let (p, g) = ((i as f32 * 0.37).sin(), (i as f32 * 0.37 + 1.0).sin());
            let m = (i as f32 * 0.37 + 2.0).sin();
            let m = m + (g - m) * 0.1;
            let v = 0.5 + (g * g - 0.5) * 0.02;
            let decay = if i < decaying { 0.001 * p } else { 0.0 };
            let wanted = p - 0.01 * m / (v.sqrt() * 1.5 + 1e-6) - decay;
            assert!((parameters[i] - wanted).abs() < 1e-6, "{i}");
        }
        let squares: f64 = parameters.iter().map(|p| f64::from(*p).powi(2)).sum();
        assert!((sums[0] / squares - 1.0).abs() < 1e-6);
    }
}
