//! Picture files on their way to a tower: found, then read, decoded and prepared on several threads, ahead of whoever
//! takes them, in order, and never more of them in memory than three batches.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use super::decode::{Limits, Rgb, decode};
use super::preprocess::{Crop, Filter, Pixels, Preprocess, Resize, Rounding};
use crate::error::{Error, Result};
use crate::telemetry::Thumbnail;

/// Endings of the names that a folder is searched for.
pub const ENDINGS: [&str; 9] = [
    "png", "apng", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff",
];

/// The largest file that is read: what no picture within the decoder's limits needs.
const LARGEST_FILE: u64 = 1 << 30;

/// A picture file, prepared, or why there is none.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file.
    pub path: PathBuf,
    /// What the tower reads, or what is wrong: "damaged: ...".
    pub pixels: Result<Pixels, String>,
    /// What is worth knowing of a picture that was read: "first frame of an animation".
    pub remark: Option<&'static str>,
    /// The picture's middle, if it was asked for.
    pub thumbnail: Option<Thumbnail>,
}

/// How files are loaded.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Files at a time.
    pub batch: usize,
    /// Threads that decode; 0 for as many as there are cores.
    pub threads: usize,
    /// Pixels a side of a small picture for the screen.
    pub thumbnail: Option<usize>,
}

/// The picture files that `named` stands for: a file is itself, whatever it is called; a folder is all pictures in it
/// and in its folders; a pattern (`*`, `?`, `[...]`, `**`) is what it matches. In the order of `named`, each part
/// sorted, and a file once.
///
/// # Errors
/// [`Error::Usage`] if a folder or a pattern has no pictures. That a file is not there is found when it is read.
pub fn find(named: &[String]) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for name in named {
        let path = PathBuf::from(name);
        let mut part = if path.is_dir() {
            let part = within(&path)?;
            if part.is_empty() {
                return Err(Error::Usage(format!(
                    "{name}: no images in this folder\n  supported extensions: {}",
                    ENDINGS.join(", ")
                )));
            }
            part
        } else if !path.exists() && name.contains(['*', '?', '[']) {
            matching(name)?
        } else {
            vec![path]
        };
        part.retain(|path| known.insert(path.clone()));
        found.extend(part);
    }
    Ok(found)
}

fn is_picture(path: &Path) -> bool {
    let hidden = path
        .file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().and_then(|ending| ending.to_str());
    !hidden && ending.is_some_and(|e| ENDINGS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

/// The pictures of a folder and of the folders in it. Links to folders are not followed: they may lead in circles.
fn within(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).map_err(Error::file("read", &folder))?;
        for entry in entries {
            let entry = entry.map_err(Error::file("read", &folder))?;
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else if is_picture(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>> {
    let paths = glob::glob(pattern)
        .map_err(|e| Error::Usage(format!("{pattern}: invalid file pattern: {e}")))?;
    let mut found = Vec::new();
    for path in paths.filter_map(std::result::Result::ok) {
        if path.is_dir() {
            found.extend(within(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Error::Usage(format!("no file matches `{pattern}`")));
    }
    Ok(found)
}

/// Loads `paths` and hands them to `take`, batch by batch, in order. While it works the next ones are prepared.
///
/// # Errors
/// The first of `take`; what is wrong with a file stands in [`Loaded`] and stops nothing.
pub fn load(
    paths: &[PathBuf],
    preprocess: &Preprocess,
    options: Options,
    mut take: impl FnMut(Vec<Loaded>) -> Result<()>,
) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .thread_name(|i| format!("picture {i}"))
        .build()
        .map_err(|e| Error::Internal(format!("cannot start threads to decode images: {e}")))?;
    let (send, receive) = sync_channel(1);
    std::thread::scope(|scope| {
        let worker = || {
            for batch in paths.chunks(options.batch.max(1)) {
                let loaded: Vec<Loaded> = pool.install(|| {
                    // One at a time: pictures differ in size.
                    let each = batch.par_iter().with_max_len(1);
                    each.map(|path| one(path, preprocess, options.thumbnail))
                        .collect()
                });
                // Nobody takes any more: an error ended it.
                if send.send(loaded).is_err() {
                    return;
                }
            }
            drop(send);
        };
        std::thread::Builder::new()
            .name("pictures".into())
            .spawn_scoped(scope, worker)
            .map_err(|e| Error::Internal(format!("cannot start a thread to load images: {e}")))?;
        // Moved in, so that it is closed when an error leaves this block and the worker ends.
        for batch in receive {
            take(batch)?;
        }
        Ok(())
    })
}

/// Reads and prepares one file, on the thread that calls.
pub fn one(path: &Path, preprocess: &Preprocess, thumbnail: Option<usize>) -> Loaded {
    let mut loaded = Loaded {
        path: path.to_path_buf(),
        pixels: Err(String::new()),
        remark: None,
        thumbnail: None,
    };
    loaded.pixels = read(path).and_then(|bytes| {
        let picture = decode(&bytes, Limits::default()).map_err(|damage| damage.to_string())?;
        loaded.remark = picture.animated.then_some("first frame of an animation");
        loaded.thumbnail = thumbnail.map(|side| small(&picture.image, side));
        Ok(preprocess.prepare(picture))
    });
    loaded
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fault = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => "no such file".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        _ => format!("cannot be read: {e}"),
    };
    let meta = std::fs::metadata(path).map_err(fault)?;
    if meta.is_dir() {
        return Err("is a folder, not a file".into());
    }
    if meta.len() > LARGEST_FILE {
        return Err(format!(
            "too large: {} MiB; at most {} MiB",
            meta.len() >> 20,
            LARGEST_FILE >> 20
        ));
    }
    std::fs::read(path).map_err(fault)
}

/// The picture's middle, for the screen.
fn small(image: &Rgb, side: usize) -> Thumbnail {
    let middle = Preprocess {
        transparency: super::preprocess::Transparency::Drop,
        resize: Resize::Shortest(side),
        filter: Filter::Box,
        crop: Some(Crop {
            height: side,
            width: side,
            fill: 0,
            rounding: Rounding::Down,
        }),
        rescale: 1.0,
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    let pixels = middle.bytes(image).bytes;
    Thumbnail {
        side,
        rgb: pixels.chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(path: &Path, side: u32) {
        image::RgbImage::from_pixel(side, side, image::Rgb([side as u8, 2, 3]))
            .save_with_format(path, image::ImageFormat::Png)
            .unwrap();
    }

    fn preprocess() -> Preprocess {
        Preprocess::from_open_clip(&serde_json::Value::Null, (8, 8)).unwrap()
    }

    #[test]
    fn folders_files_and_patterns_are_found_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("b/c")).unwrap();
        for name in ["z.PNG", "a.jpg", "b/c/d.webp", "notes.txt", ".hidden.png"] {
            std::fs::write(at(name), b"").unwrap();
        }
        let name = |path: &Path| path.to_str().unwrap().to_owned();
        let names = |found: Vec<PathBuf>| -> Vec<String> {
            let inside = |p: &PathBuf| name(p.strip_prefix(folder.path()).unwrap());
            found.iter().map(inside).collect()
        };
        let all = find(&[name(folder.path()), name(&at("z.PNG"))]).unwrap();
        assert_eq!(names(all), ["a.jpg", "b/c/d.webp", "z.PNG"]);
        let some = find(&[name(&at("notes.txt")), name(&at("*.[jP]*"))]).unwrap();
        assert_eq!(names(some), ["notes.txt", "a.jpg", "z.PNG"]);
        let missing = find(&[name(&at("missing.png"))]).unwrap();
        assert_eq!(names(missing), ["missing.png"]);
        for (what, says) in [
            ("*.bmp", "no file matches"),
            ("[", "invalid file pattern"),
            ("b/../e", ""),
        ] {
            if says.is_empty() {
                continue;
            }
            let fault = find(&[name(&at(what))]).unwrap_err();
            assert!(
                fault.exit_code() == 2 && fault.to_string().contains(says),
                "{fault}"
            );
        }
        std::fs::create_dir(at("empty")).unwrap();
        let fault = find(&[name(&at("empty"))]).unwrap_err().to_string();
        assert!(fault.contains("no images in this folder"), "{fault}");
    }

    #[test]
    fn files_come_in_order_and_a_bad_one_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (1..=9)
            .map(|i| {
                let path = folder.path().join(format!("{i}.png"));
                if i == 4 {
                    std::fs::write(&path, b"no picture").unwrap();
                } else if i != 6 {
                    picture(&path, i);
                }
                path
            })
            .collect();
        let options = Options {
            batch: 2,
            threads: 2,
            thumbnail: Some(4),
        };
        let mut seen = Vec::new();
        load(&paths, &preprocess(), options, |batch| {
            assert!(batch.len() <= 2);
            seen.extend(batch);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            seen.iter().map(|l| l.path.clone()).collect::<Vec<_>>(),
            paths
        );
        for (i, loaded) in (1..).zip(&seen) {
            match (i, &loaded.pixels) {
                (4, Err(fault)) => assert!(fault.contains("unsupported image format"), "{fault}"),
                (6, Err(fault)) => assert!(fault.contains("no such file"), "{fault}"),
                (_, Ok(pixels)) => {
                    assert_eq!(pixels.values.len(), 3 * 8 * 8);
                    assert_eq!(loaded.thumbnail.as_ref().unwrap().rgb[0], [i as u8, 2, 3]);
                }
                (_, Err(fault)) => panic!("{i}: {fault}"),
            }
        }
        // Whoever takes may stop.
        let mut batches = 0;
        let stopped = load(&paths, &preprocess(), options, |_| {
            batches += 1;
            Err(Error::Internal("enough".into()))
        });
        assert!(stopped.is_err() && batches == 1);
    }
}
