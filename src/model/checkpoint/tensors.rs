//! [`TensorFiles`]: the tensors of a folder's safetensors files, known by their headers and read one by one.
//!
//! A file is believed only as far as it is consistent: the length of its header is checked before the header is
//! read, and what the header claims against the length of the file before any tensor is. Nothing in it is ever
//! executed. Knows nothing of models.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata};
use serde::Deserialize;
use tch::{Kind, Tensor};

use crate::error::{Error, Result};

/// No header may be longer: real ones have some 100 bytes a tensor.
const LONGEST_HEADER: u64 = 16 << 20;

/// No model may be split into more files.
const MOST_SHARDS: usize = 1024;

/// The tensors of a folder.
#[derive(Debug, Default)]
pub struct TensorFiles {
    files: Vec<PathBuf>,
    tensors: BTreeMap<String, Slot>,
}

/// Where a tensor lies.
#[derive(Clone, Debug)]
struct Slot {
    file: usize,
    kind: Dtype,
    shape: Vec<i64>,
    at: u64,
    bytes: usize,
}

impl TensorFiles {
    /// Reads the headers of `NAME.safetensors` in `dir`, or of the files that `NAME.safetensors.index.json`
    /// lists; the first of `names` that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Data`] if there is none, or one is no whole safetensors file.
    pub fn open(dir: &Path, names: &[&str]) -> Result<Self> {
        for name in names {
            let single = dir.join(format!("{name}.safetensors"));
            if single.is_file() {
                let mut all = Self::default();
                all.add(single)?;
                return Ok(all);
            }
            let index = dir.join(format!("{name}.safetensors.index.json"));
            if index.is_file() {
                return Self::sharded(dir, &index);
            }
        }
        let names: Vec<String> = names.iter().map(|n| format!("{n}.safetensors")).collect();
        let pickled = ["pytorch_model.bin", "open_clip_pytorch_model.bin"];
        let hint = if pickled.iter().any(|name| dir.join(name).is_file()) {
            "\n  \
             its weights are a pickle file, which can run any program when it is read; convert them to \
             safetensors on a machine where you trust them (transformers and open_clip save safetensors by \
             default)"
        } else {
            ""
        };
        Err(Error::Data(format!(
            "no weights in {}: expected {}{hint}",
            dir.display(),
            names.join(", no ")
        )))
    }

    fn sharded(dir: &Path, index: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let fault = |text: String| Error::Data(format!("{}: {text}", index.display()));
        let length = index.metadata().map_err(Error::file("read", index))?.len();
        if length > LONGEST_HEADER {
            return Err(fault(format!("too large for an index ({length} bytes)")));
        }
        let text = std::fs::read_to_string(index).map_err(Error::file("read", index))?;
        let Index { weight_map } = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
        let mut names: Vec<&String> = weight_map.values().collect();
        names.sort();
        names.dedup();
        if names.len() > MOST_SHARDS {
            return Err(fault(format!("it lists {} files", names.len())));
        }
        let mut all = Self::default();
        for name in names {
            let plain = Path::new(name)
                .file_name()
                .is_some_and(|n| n == name.as_str());
            if !plain {
                return Err(fault(format!("{name:?} is not a file in this folder")));
            }
            all.add(dir.join(name))?;
        }
        let absent: Vec<&str> = weight_map
            .keys()
            .filter(|name| !all.tensors.contains_key(*name))
            .map(String::as_str)
            .collect();
        if absent.is_empty() {
            return Ok(all);
        }
        Err(fault(format!(
            "these tensors are listed, but in no file\n  {}",
            absent.join("\n  ")
        )))
    }

    /// Reads the header of one more file.
    fn add(&mut self, path: PathBuf) -> Result<()> {
        let mut file = File::open(&path).map_err(Error::file("read", &path))?;
        let length = file.metadata().map_err(Error::file("read", &path))?.len();
        let (metadata, start) = header(&mut file, length)
            .map_err(|e| Error::Data(format!("{}: {e}", path.display())))?;
        for (name, info) in metadata.tensors() {
            let (from, to) = info.data_offsets;
            let slot = Slot {
                file: self.files.len(),
                kind: info.dtype,
                shape: info.shape.iter().map(|&d| d as i64).collect(),
                at: start + from as u64,
                bytes: to - from,
            };
            if self.tensors.insert(name.clone(), slot).is_some() {
                return Err(Error::Data(format!(
                    "{}: {name} is in another file, too",
                    path.display()
                )));
            }
        }
        self.files.push(path);
        Ok(())
    }

    /// The files that were read.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor.
    pub fn shape(&self, name: &str) -> Option<&[i64]> {
        self.tensors.get(name).map(|slot| slot.shape.as_slice())
    }

    /// The type of a tensor, if it is none that a weight may have.
    pub fn odd_type(&self, name: &str) -> Option<String> {
        let slot = self.tensors.get(name)?;
        kind(slot.kind)
            .is_none()
            .then(|| format!("{:?}", slot.kind))
    }

    /// A tensor's values, on the CPU: 32 bits, or whole numbers as they are.
    pub fn read(&self, name: &str) -> Result<Tensor> {
        let slot = self
            .tensors
            .get(name)
            .ok_or_else(|| Error::Internal(format!("no tensor {name}")))?;
        let path = &self.files[slot.file];
        let kind = kind(slot.kind)
            .ok_or_else(|| Error::Data(format!("{}: {name} is {:?}", path.display(), slot.kind)))?;
        let mut bytes = vec![0; slot.bytes];
        let mut file = File::open(path).map_err(Error::file("read", path))?;
        file.seek(SeekFrom::Start(slot.at))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(Error::file("read", path))?;
        let tensor = Tensor::f_from_data_size(&bytes, &slot.shape, kind)?;
        Ok(match kind {
            Kind::Int64 | Kind::Float => tensor,
            _ => tensor.f_to_kind(Kind::Float)?,
        })
    }
}

/// The header of a file of this length, and where its data begins.
fn header(file: &mut impl Read, length: u64) -> std::result::Result<(Metadata, u64), String> {
    let broken = |why: String| format!("not a safetensors file: {why}");
    let mut size = [0; 8];
    file.read_exact(&mut size)
        .map_err(|_| broken(format!("it has {length} bytes")))?;
    let size = u64::from_le_bytes(size);
    if size > LONGEST_HEADER {
        return Err(broken(format!(
            "its header has {size} bytes; at most {LONGEST_HEADER} are allowed"
        )));
    }
    if size + 8 > length {
        return Err(broken(format!(
            "its header says {size} bytes, but the file has {length}"
        )));
    }
    let mut text = vec![0; size as usize];
    file.read_exact(&mut text)
        .map_err(|e| broken(e.to_string()))?;
    let metadata: Metadata =
        serde_json::from_slice(&text).map_err(|e| broken(format!("its header: {e}")))?;
    let data = length - 8 - size;
    let mut infos: Vec<_> = metadata.tensors().into_iter().collect();
    infos.sort_by_key(|(_, info)| info.data_offsets);
    let mut end = 0;
    for (name, info) in infos {
        let (from, to) = info.data_offsets;
        let bits = info
            .shape
            .iter()
            .try_fold(info.dtype.bitsize(), |n, &d| n.checked_mul(d));
        if from != end || to < from || bits != (to - from).checked_mul(8) {
            return Err(broken(format!(
                "{name}: {:?} of {:?} does not match bytes {from} to {to}",
                info.dtype, info.shape
            )));
        }
        end = to;
    }
    if end as u64 != data {
        return Err(broken(if (end as u64) < data {
            format!("{} bytes follow the last tensor", data - end as u64)
        } else {
            format!("it is cut off: it has {data} of {end} bytes of tensors")
        }));
    }
    Ok((metadata, 8 + size))
}

/// What libtorch calls a type that weights have.
const fn kind(kind: Dtype) -> Option<Kind> {
    Some(match kind {
        Dtype::F64 => Kind::Double,
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::I64 => Kind::Int64,
        _ => return None,
    })
}
