//! [`Place`]: where the values of one of this lab's tensors stand in a file of another layout.
//!
//! One table for both directions: reading takes tensors from their places, saving puts them there.

use tch::Tensor;

use super::layout::Layout;
use crate::error::Result;

/// Where a tensor's values stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The names there: one, or three that lie one below the other here.
    pub names: Vec<String>,
    /// In what form.
    pub form: Form,
}

/// How a tensor there differs from ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all, dimensions of one aside.
    Same,
    /// Rows there are columns here.
    Transposed,
    /// Its parts have names of their own: queries, keys and values.
    Joined,
    /// These of its thirds are ours: queries, or keys and values.
    Thirds(i64, i64),
    /// `[W, P P 3]` there, by row, column and channel, is `[W, 3, P, P]` here.
    Patches,
}

impl Place {
    fn at(name: impl Into<String>, form: Form) -> Self {
        Self {
            names: vec![name.into()],
            form,
        }
    }

    /// The shape of each tensor there, if ours has this one.
    pub fn shape(&self, ours: &[i64]) -> Vec<i64> {
        let mut shape = ours.to_vec();
        match self.form {
            Form::Same => {}
            Form::Transposed => shape.reverse(),
            Form::Joined => shape[0] /= self.names.len() as i64,
            Form::Thirds(from, to) => shape[0] = shape[0] / (to - from) * 3,
            Form::Patches => shape = vec![ours[0], ours[1..].iter().product()],
        }
        shape
    }

    /// Whether a tensor there of this shape can be ours.
    pub fn fits(&self, theirs: &[i64], ours: &[i64]) -> bool {
        // A scalar may be a list of one, positions may lie in a batch of one.
        let bare = |shape: &[i64]| {
            shape
                .iter()
                .copied()
                .filter(|&d| d != 1)
                .collect::<Vec<_>>()
        };
        let wanted = self.shape(ours);
        match self.form {
            Form::Same if ours.len() != theirs.len() => bare(&wanted) == bare(theirs),
            _ => wanted == theirs,
        }
    }

    /// Our tensor, from theirs.
    pub fn take(&self, theirs: &[Tensor], ours: &[i64]) -> Result<Tensor> {
        let first = &theirs[0];
        Ok(match self.form {
            Form::Same => first.f_reshape(ours)?,
            Form::Transposed => first.f_transpose(0, 1)?,
            Form::Joined => Tensor::f_cat(theirs, 0)?,
            Form::Thirds(from, to) => {
                let third = first.size()[0] / 3;
                first.f_narrow(0, from * third, (to - from) * third)?
            }
            Form::Patches => {
                let [width, channels, patch, _] = *ours else {
                    return Ok(first.f_reshape(ours)?);
                };
                first
                    .f_view([width, patch, patch, channels])?
                    .f_permute([0, 3, 1, 2])?
            }
        })
    }

    /// Theirs, from ours: one for each name. Of a tensor of which ours are some thirds, these.
    pub fn put(&self, ours: &Tensor) -> Result<Vec<Tensor>> {
        Ok(match self.form {
            Form::Same | Form::Thirds(..) => vec![ours.shallow_clone()],
            Form::Transposed => vec![ours.f_transpose(0, 1)?],
            Form::Joined => ours.f_chunk(self.names.len() as i64, 0)?,
            Form::Patches => {
                let flat = ours.f_permute([0, 2, 3, 1])?.f_flatten(1, 3)?;
                vec![flat]
            }
        })
    }
}

/// Where the tensor that this lab calls `name` stands in a file of this layout.
pub fn place(layout: Layout, name: &str) -> Place {
    match layout {
        Layout::OpenClip => Place::at(name, Form::Same),
        Layout::HfClip => clip(name),
        Layout::HfSiglip => siglip(name, false),
        Layout::HfNaFlex => siglip(name, true),
    }
}

/// Whether a file of this layout may have a tensor that a model has no use for.
pub fn ignored(layout: Layout, name: &str) -> bool {
    // Counted from zero by older versions of transformers, and saved.
    layout != Layout::OpenClip && name.ends_with("embeddings.position_ids")
}

/// `transformers.CLIPModel`.
fn clip(name: &str) -> Place {
    if let Some(block) = name.strip_prefix("visual.transformer.resblocks.") {
        return open_clip_block("vision_model", block);
    }
    if let Some(block) = name.strip_prefix("transformer.resblocks.") {
        return open_clip_block("text_model", block);
    }
    match name {
        "visual.proj" => Place::at("visual_projection.weight", Form::Transposed),
        "text_projection" => Place::at("text_projection.weight", Form::Transposed),
        _ => {
            let renamed = [
                (
                    "visual.class_embedding",
                    "vision_model.embeddings.class_embedding",
                ),
                ("visual.conv1.", "vision_model.embeddings.patch_embedding."),
                (
                    "visual.positional_embedding",
                    "vision_model.embeddings.position_embedding.weight",
                ),
                // Their spelling.
                ("visual.ln_pre.", "vision_model.pre_layrnorm."),
                ("visual.ln_post.", "vision_model.post_layernorm."),
            ];
            rename(name, &renamed).unwrap_or_else(|| text(name))
        }
    }
}

/// What both have in their text towers, outside the blocks.
fn text(name: &str) -> Place {
    let renamed = [
        ("token_embedding.", "text_model.embeddings.token_embedding."),
        (
            "positional_embedding",
            "text_model.embeddings.position_embedding.weight",
        ),
        ("ln_final.", "text_model.final_layer_norm."),
        ("text_projection.", "text_model.head."),
    ];
    rename(name, &renamed).unwrap_or_else(|| Place::at(name, Form::Same))
}

/// The name with another beginning.
fn rename(name: &str, renamed: &[(&str, &str)]) -> Option<Place> {
    let (theirs, rest) = renamed
        .iter()
        .find_map(|(ours, theirs)| Some((theirs, name.strip_prefix(ours)?)))?;
    Some(Place::at(format!("{theirs}{rest}"), Form::Same))
}

/// `NUMBER.REST` of a block that has `OpenCLIP`'s names.
fn open_clip_block(tower: &str, block: &str) -> Place {
    let names = [
        ("ln_1.", "layer_norm1."),
        ("ln_2.", "layer_norm2."),
        ("attn.out_proj.", "self_attn.out_proj."),
        ("mlp.c_fc.", "mlp.fc1."),
        ("mlp.c_proj.", "mlp.fc2."),
    ];
    let joined = [
        ("attn.in_proj_weight", "weight"),
        ("attn.in_proj_bias", "bias"),
    ];
    in_block(tower, block, &names, &joined)
}

fn in_block(tower: &str, block: &str, names: &[(&str, &str)], joined: &[(&str, &str)]) -> Place {
    let (at, rest) = block.split_once('.').unwrap_or((block, ""));
    let layer = format!("{tower}.encoder.layers.{at}");
    if let Some((_, part)) = joined.iter().find(|(ours, _)| *ours == rest) {
        let names = ["q", "k", "v"].map(|which| format!("{layer}.self_attn.{which}_proj.{part}"));
        return Place {
            names: names.to_vec(),
            form: Form::Joined,
        };
    }
    let renamed = names
        .iter()
        .find_map(|(ours, theirs)| Some(format!("{theirs}{}", rest.strip_prefix(ours)?)));
    let rest = renamed.unwrap_or_else(|| rest.to_owned());
    Place::at(format!("{layer}.{rest}"), Form::Same)
}

/// `transformers.SiglipModel`, or `Siglip2Model`, whose patches are embedded by a plain matrix.
fn siglip(name: &str, naflex: bool) -> Place {
    if let Some(block) = name.strip_prefix("visual.trunk.blocks.") {
        let names = [
            ("norm1.", "layer_norm1."),
            ("norm2.", "layer_norm2."),
            ("attn.proj.", "self_attn.out_proj."),
        ];
        let joined = [("attn.qkv.weight", "weight"), ("attn.qkv.bias", "bias")];
        return in_block("vision_model", block, &names, &joined);
    }
    if let Some(block) = name.strip_prefix("text.transformer.resblocks.") {
        return open_clip_block("text_model", block);
    }
    let attention = |part: &str| format!("vision_model.head.attention.in_proj_{part}");
    match name {
        "visual.trunk.patch_embed.proj.weight" if naflex => Place::at(
            "vision_model.embeddings.patch_embedding.weight",
            Form::Patches,
        ),
        "visual.trunk.attn_pool.q.weight" => Place::at(attention("weight"), Form::Thirds(0, 1)),
        "visual.trunk.attn_pool.q.bias" => Place::at(attention("bias"), Form::Thirds(0, 1)),
        "visual.trunk.attn_pool.kv.weight" => Place::at(attention("weight"), Form::Thirds(1, 3)),
        "visual.trunk.attn_pool.kv.bias" => Place::at(attention("bias"), Form::Thirds(1, 3)),
        _ => {
            let renamed = [
                (
                    "visual.trunk.patch_embed.proj.",
                    "vision_model.embeddings.patch_embedding.",
                ),
                (
                    "visual.trunk.pos_embed",
                    "vision_model.embeddings.position_embedding.weight",
                ),
                ("visual.trunk.norm.", "vision_model.post_layernorm."),
                ("visual.trunk.attn_pool.latent", "vision_model.head.probe"),
                (
                    "visual.trunk.attn_pool.proj.",
                    "vision_model.head.attention.out_proj.",
                ),
                (
                    "visual.trunk.attn_pool.norm.",
                    "vision_model.head.layernorm.",
                ),
                ("visual.trunk.attn_pool.mlp.", "vision_model.head.mlp."),
            ];
            let own = name.strip_prefix("text.").unwrap_or(name);
            rename(name, &renamed).unwrap_or_else(|| text(own))
        }
    }
}
