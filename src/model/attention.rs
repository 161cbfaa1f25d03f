//! Multi-head attention, and which token of a row asks.

use tch::{Kind, Tensor};

use super::layers::{Linear, linear};
use super::style::{AttentionNames, Fills};
use super::weights::{Fill, Scope};
use crate::error::Result;
use crate::scenario::tower::{Blocks, LONG};

/// Which token of each row is the row's feature, and which tokens it may look at.
#[derive(Debug)]
pub enum Pool {
    /// The first, which sees all.
    First,
    /// The last, which sees all.
    Last,
    /// One token for each row, which sees all: index into `[B * L]`, shape `[B]`.
    At(Tensor),
    /// One token for each row, which sees what lies before it, as do all others.
    Causal {
        /// Index into `[B * L]`, shape `[B]`.
        flat: Tensor,
        /// Additive, 0 or -inf, shape `[L, L]`.
        mask: Tensor,
        /// The rows of `mask` for the picked tokens, shape `[B, 1, 1, L]`.
        picked: Tensor,
    },
}

impl Pool {
    /// Picks token `at[b]` of row `b`, where all see all. `at` is `[B]` of int64.
    pub fn at(at: &Tensor, length: i64) -> Self {
        Self::At(flat(at, length))
    }

    /// Picks token `at[b]` of row `b`, under a causal mask. `at` is `[B]` of int64.
    pub fn causal(at: &Tensor, length: i64) -> Self {
        let device = at.device();
        let options = (Kind::Float, device);
        let mask = Tensor::full([length, length], f64::NEG_INFINITY, options).triu(1);
        let batch = at.size()[0];
        let flat = flat(at, length);
        let picked = mask.index_select(0, at).view([batch, 1, 1, length]);
        Self::Causal { flat, mask, picked }
    }

    /// What every token may look at.
    pub const fn mask(&self) -> Option<&Tensor> {
        match self {
            Self::First | Self::Last | Self::At(_) => None,
            Self::Causal { mask, .. } => Some(mask),
        }
    }

    /// The tokens alone, `[B, L, W]` to `[B, W]`.
    pub fn pick(&self, x: &Tensor) -> Tensor {
        match self {
            Self::First => x.select(1, 0),
            Self::Last => x.select(1, -1),
            Self::At(flat) | Self::Causal { flat, .. } => {
                x.reshape([-1, x.size()[2]]).index_select(0, flat)
            }
        }
    }
}

/// Places `[B]` within rows of this length, as places within all rows together.
fn flat(at: &Tensor, length: i64) -> Tensor {
    Tensor::arange(at.size()[0], (Kind::Int64, at.device())) * length + at
}

/// Multi-head self-attention with the three input projections in one matrix.
#[derive(Debug)]
pub struct Attention {
    in_proj_weight: Tensor,
    in_proj_bias: Tensor,
    out_proj: Linear,
    width: i64,
    heads: i64,
    compute: Kind,
}

impl Attention {
    /// One at `scope` = `attn`.
    pub fn new(
        mut scope: Scope,
        names: AttentionNames,
        sizes: &Blocks,
        fills: Fills,
    ) -> Result<Self> {
        let width = sizes.width;
        let zero = Fill::Constant(0.0);
        Ok(Self {
            in_proj_weight: scope.parameter(names.weight, &[3 * width, width], fills.in_proj)?,
            in_proj_bias: scope.parameter(names.bias, &[3 * width], zero)?,
            out_proj: Linear::with_bias(
                &mut scope.sub(names.out),
                width,
                width,
                fills.out_proj,
                zero,
            )?,
            width,
            heads: sizes.heads,
            compute: scope.compute(),
        })
    }

    /// `[B, L, W]` to `[B, L, W]`.
    pub fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let projected = self.project(x, 0, 3);
        let qkv = self.split(&projected, 3);
        let mixed = attend(&qkv[0], &qkv[1], &qkv[2], mask);
        self.out(&mixed.transpose(1, 2).reshape(x.size()))
    }

    /// `parts` of queries, keys and values from the `first` on, in 32 bits: rows of that many widths.
    fn project(&self, x: &Tensor, first: i64, parts: i64) -> Tensor {
        let cut = |whole: &Tensor| match parts {
            3 => whole.shallow_clone(),
            _ => whole.narrow(0, first * self.width, parts * self.width),
        };
        let (weight, bias) = (cut(&self.in_proj_weight), cut(&self.in_proj_bias));
        // Attention itself stays in 32 bits: libtorch's is many times slower in 16 on a CPU.
        linear(x, &weight, Some(&bias), self.compute).to_kind(Kind::Float)
    }

    fn out(&self, mixed: &Tensor) -> Tensor {
        self.out_proj.forward(mixed).to_kind(Kind::Float)
    }

    /// `[B, L, W]` to `[B, W]`: only the picked tokens ask.
    pub fn forward_pooled(&self, x: &Tensor, pool: &Pool) -> Tensor {
        let q = self.project(&pool.pick(x), 0, 1);
        let q = q.view([-1, self.heads, 1, self.width / self.heads]);
        let kv = self.split(&self.project(x, 1, 2), 2);
        let mask = match pool {
            Pool::First | Pool::Last | Pool::At(_) => None,
            Pool::Causal { picked, .. } => Some(picked),
        };
        let mixed = attend(&q, &kv[0], &kv[1], mask);
        self.out(&mixed.reshape([-1, self.width]))
    }

    /// `[B, L, parts W]` to that many of `[B, heads, L, W / heads]`.
    fn split(&self, projected: &Tensor, parts: i64) -> Vec<Tensor> {
        let (batch, length, _) = projected.size3().unwrap_or_default();
        let heads = projected.view([batch, length, parts, self.heads, self.width / self.heads]);
        heads.permute([2, 0, 3, 1, 4]).unbind(0)
    }
}

/// softmax(q k^T / sqrt(d) + mask) v over `[B, heads, L, d]`.
///
/// Written out for short sequences, fused for long ones. Forward and backward with the projections,
/// B = 128, 4 heads, one thread, CPU time in ms (a busy machine, give or take a fifth): width 96,
/// L = 16: 12.5 written out, 16.0 fused; width 128, L = 8: 8.5 and 9.2; L = 17: 27 and 28; L = 65: 94
/// and 86. So time hardly decides, but memory does: the fused kernel keeps no `[B, heads, L, L]`.
pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>) -> Tensor {
    if k.size()[2] > LONG {
        return Tensor::scaled_dot_product_attention(q, k, v, mask, 0.0, false, None, false);
    }
    let scale = (q.size()[3] as f64).sqrt().recip();
    let mut logits = (q * scale).matmul(&k.transpose(-2, -1));
    if let Some(mask) = mask {
        logits += mask;
    }
    logits.softmax(-1, None).matmul(v)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn long_and_short_sequences_are_attended_to_alike() {
        let wave = |length: i64, phase: f64| {
            let flat = Tensor::arange(2 * length * 4, (Kind::Float, Device::Cpu)) * 0.7 + phase;
            flat.sin().view([1, 2, length, 4])
        };
        let (q, k, v) = (
            wave(LONG + 6, 0.0),
            wave(LONG + 6, 1.0),
            wave(LONG + 6, 2.0),
        );
        // The first LONG tokens see only one another under a causal mask.
        let mask = |length| {
            Tensor::full(
                [length, length],
                f64::NEG_INFINITY,
                (Kind::Float, Device::Cpu),
            )
            .triu(1)
        };
        let fused = attend(&q, &k, &v, Some(&mask(LONG + 6))).narrow(2, 0, LONG);
        let cut = |x: &Tensor| x.narrow(2, 0, LONG);
        let written = attend(&cut(&q), &cut(&k), &cut(&v), Some(&mask(LONG)));
        assert!((fused - written).abs().max().double_value(&[]) < 1e-6);
    }
}
