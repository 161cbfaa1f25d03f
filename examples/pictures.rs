//! Pictures decoded and prepared, without a model: how fast, and to which pixels.
//!
//! ```sh
//! cargo run --release --example pictures -- --threads 2 photos/
//! cargo run --release --example pictures -- --config preprocessor_config.json --out pixels.safetensors photos/
//! ```
//!
//! Without `--config` as `OpenCLIP` does for CLIP at 224 pixels. Prints pictures a second; `--out` writes `pixels`,
//! `[N, 3, H, W]`, if all have one size. `benches/decode.py` compares both with torchvision.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use clip_lab::data::loader::{self, Options};
use clip_lab::data::preprocess::Preprocess;
use safetensors::tensor::{Dtype, TensorView};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options {
        batch: 32,
        threads: 2,
        thumbnail: None,
    };
    let (mut named, mut config, mut out, mut times) = (Vec::new(), None, None, 1);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || {
            args.next()
                .ok_or_else(|| format!("{arg}: a value is wanted"))
        };
        match arg.as_str() {
            "--threads" => options.threads = value()?.parse()?,
            "--times" => times = value()?.parse()?,
            "--config" => config = Some(std::fs::read_to_string(value()?)?),
            "--out" => out = Some(PathBuf::from(value()?)),
            _ => named.push(arg),
        }
    }
    let preprocess = match config {
        // Either library's file.
        Some(text) if text.contains("_type") => Preprocess::from_hf(&text)?,
        Some(text) => Preprocess::from_open_clip(&serde_json::from_str(&text)?, (224, 224))?,
        None => Preprocess::from_open_clip(&serde_json::Value::Null, (224, 224))?,
    };
    let paths = loader::find(&named)?;
    for _ in 0..times {
        let start = Instant::now();
        let (mut read, mut values, mut size) = (0, Vec::new(), None);
        loader::load(&paths, &preprocess, options, |batch| {
            for loaded in batch {
                match loaded.pixels {
                    Ok(pixels) => {
                        read += 1;
                        if out.is_some() {
                            size = Some((pixels.height, pixels.width));
                            values.extend(pixels.values.iter().flat_map(|x| x.to_le_bytes()));
                        }
                    }
                    Err(fault) => eprintln!("{}: {fault}", loaded.path.display()),
                }
            }
            Ok(())
        })?;
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{read} pictures in {seconds:.3} s: {:.1} a second",
            f64::from(read) / seconds
        );
        if let (Some(path), Some((height, width))) = (&out, size) {
            let view = TensorView::new(Dtype::F32, vec![read as usize, 3, height, width], &values)?;
            let metadata = None::<HashMap<String, String>>;
            std::fs::write(path, safetensors::serialize([("pixels", view)], metadata)?)?;
        }
    }
    Ok(())
}
