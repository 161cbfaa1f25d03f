//! [`Walk`]: the members of a tar archive, by their headers: what they hold is skipped, not read.
//!
//! Sizes are claims of whoever wrote the file: each is held against the file's length, and what is read as a name
//! against a limit, before anything is allocated. Nothing is ever unpacked, so a name is only a name.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use tar::{EntryType, Header};

const BLOCK: u64 = 512;

/// Longest header in front of a member that is read: long names, PAX records.
const MOST_EXTENSION: u64 = 1 << 20;

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Where its bytes begin.
    pub offset: u64,
    /// How many they are; no more than the archive has.
    pub size: u64,
    /// Whether it is a file: no link, no folder, no device.
    pub plain: bool,
}

/// A way through an archive.
pub struct Walk {
    file: BufReader<File>,
    at: u64,
    end: u64,
}

impl Walk {
    /// From the beginning.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(std::io::Error::other("not a file"));
        }
        Ok(Self {
            // A header, a caption and the next header.
            file: BufReader::with_capacity(4096, file),
            at: 0,
            end: about.len(),
        })
    }

    /// The next member, `None` at the end.
    ///
    /// # Errors
    /// Why what follows cannot be read. The walk is over then.
    pub fn step(&mut self) -> Result<Option<Member>, String> {
        let stepped = self.try_step();
        if !matches!(stepped, Ok(Some(_))) {
            self.at = self.end;
        }
        stepped
    }

    fn try_step(&mut self) -> Result<Option<Member>, String> {
        let (mut name, mut size, mut sparse) = (None, None, false);
        loop {
            let Some(header) = self.header()? else {
                return Ok(None);
            };
            let claimed = header
                .entry_size()
                .map_err(|_| format!("the header at byte {} has no size", self.at - BLOCK))?;
            match header.entry_type() {
                EntryType::GNULongName => {
                    let bytes = self.extension(claimed)?;
                    let bytes = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
                    name = Some(String::from_utf8_lossy(bytes).into_owned());
                }
                EntryType::XHeader => {
                    for (key, value) in records(&self.extension(claimed)?) {
                        match key {
                            "path" => name = Some(value.to_owned()),
                            "size" => size = value.parse().ok(),
                            _ => sparse |= key.starts_with("GNU.sparse."),
                        }
                    }
                }
                EntryType::GNULongLink | EntryType::XGlobalHeader => self.skip(claimed)?,
                kind => {
                    if kind == EntryType::GNUSparse {
                        sparse = true;
                        self.skip_sparse_map(&header)?;
                    }
                    let plain = matches!(kind, EntryType::Regular | EntryType::Continuous);
                    let own = || String::from_utf8_lossy(&header.path_bytes()).into_owned();
                    let member = Member {
                        name: name.unwrap_or_else(own),
                        offset: self.at,
                        size: size.unwrap_or(claimed),
                        plain: plain && !sparse,
                    };
                    // Links and folders have a size now and then, and no bytes.
                    let carries = plain || kind == EntryType::GNUSparse;
                    self.skip(if carries { member.size } else { 0 })
                        .map_err(|why| format!("{}: {why}", member.name))?;
                    return Ok(Some(member));
                }
            }
        }
    }

    /// The header here, `None` at the end of the archive.
    fn header(&mut self) -> Result<Option<Header>, String> {
        if self.end - self.at < BLOCK {
            return match self.end - self.at {
                0 => Ok(None),
                _ => Err("the archive is cut off in a header".into()),
            };
        }
        let mut header = Header::new_old();
        self.file
            .read_exact(header.as_mut_bytes())
            .map_err(|e| e.to_string())?;
        self.at += BLOCK;
        let bytes = header.as_bytes();
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        // The sum of all bytes, those of the sum itself as blanks.
        let sum: u32 = bytes
            .iter()
            .enumerate()
            .map(|(i, byte)| u32::from(if (148..156).contains(&i) { b' ' } else { *byte }))
            .sum();
        if header.cksum().ok() == Some(sum) {
            Ok(Some(header))
        } else if self.at == BLOCK {
            Err("not a tar archive (decompress it first if it is compressed)".into())
        } else {
            Err(format!("the header at byte {} is damaged", self.at - BLOCK))
        }
    }

    /// What stands in front of a member about it.
    fn extension(&mut self, size: u64) -> Result<Vec<u8>, String> {
        if size > MOST_EXTENSION {
            return Err(format!("a name or header of {size} bytes"));
        }
        if size > self.end - self.at {
            return Err("the archive is cut off in a header".into());
        }
        let mut bytes = vec![0; size as usize];
        self.file
            .read_exact(&mut bytes)
            .map_err(|e| e.to_string())?;
        self.at += size;
        // To the next block.
        self.skip_to(self.at.next_multiple_of(BLOCK))?;
        Ok(bytes)
    }

    /// Old sparse files have more blocks of header.
    fn skip_sparse_map(&mut self, header: &Header) -> Result<(), String> {
        let mut more = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            if self.end - self.at < BLOCK {
                return Err("the archive is cut off in a header".into());
            }
            let mut block = [0; BLOCK as usize];
            self.file
                .read_exact(&mut block)
                .map_err(|e| e.to_string())?;
            self.at += BLOCK;
            more = block[504] == 1;
        }
        Ok(())
    }

    fn skip(&mut self, size: u64) -> Result<(), String> {
        if size > self.end - self.at {
            return Err(format!(
                "the header says {size} bytes, but {} are left in the archive",
                self.end - self.at
            ));
        }
        // The last block may be cut short.
        let next = (self.at + size).next_multiple_of(BLOCK).min(self.end);
        self.skip_to(next)
    }

    fn skip_to(&mut self, next: u64) -> Result<(), String> {
        let next = next.min(self.end);
        self.file
            .seek_relative((next - self.at) as i64)
            .map_err(|e| e.to_string())?;
        self.at = next;
        Ok(())
    }
}

/// PAX records: "LENGTH KEY=VALUE\n", the length in bytes of all of it.
fn records(bytes: &[u8]) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
        let length = str::from_utf8(&rest[..blank])
            .ok()
            .and_then(|text| text.parse::<usize>().ok())
            .filter(|length| *length > blank + 1 && *length <= rest.len());
        let Some(length) = length else { break };
        let record = str::from_utf8(&rest[blank + 1..length - 1]).ok();
        found.extend(record.and_then(|record| record.split_once('=')));
        rest = &rest[length..];
    }
    found
}

/// Some bytes of a file, of which there are so many.
pub fn read_at(file: &mut File, offset: u64, size: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; size as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// What the member whose bytes begin there is called, as far as its own header says.
pub fn name_at(path: &Path, offset: u64) -> String {
    let shard = path.display();
    let header = File::open(path).and_then(|mut file| read_at(&mut file, offset - BLOCK, BLOCK));
    match header {
        Ok(bytes) => {
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(&bytes);
            format!(
                "{} in {shard}",
                String::from_utf8_lossy(&header.path_bytes())
            )
        }
        Err(_) => format!("the entry at byte {offset} of {shard}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(bytes: &[u8]) -> (Vec<Member>, Option<String>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        let mut walk = Walk::open(file.path()).unwrap();
        let mut members = Vec::new();
        loop {
            match walk.step() {
                Ok(Some(member)) => members.push(member),
                Ok(None) => return (members, None),
                Err(why) => return (members, Some(why)),
            }
        }
    }

    fn member(name: &str, size: u64, kind: EntryType) -> Vec<u8> {
        let mut header = Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_size(size);
        header.set_entry_type(kind);
        header.set_cksum();
        header.as_bytes().to_vec()
    }

    #[test]
    fn claims_are_held_against_the_file() {
        for claim in [513, 1 << 40, 8_000_000_000_000_000_000, u64::MAX] {
            let mut bytes = member("a.txt", 3, EntryType::Regular);
            bytes.extend([b'x'; 512]);
            bytes.extend(member("huge.jpg", claim, EntryType::Regular));
            bytes.extend([0; 512]);
            let (members, why) = walk(&bytes);
            assert_eq!(members.len(), 1, "{claim}");
            assert!(why.unwrap().contains("the header says"), "{claim}");
            // As the name of another.
            let mut bytes = member("a", claim, EntryType::GNULongName);
            bytes.extend([0; 512]);
            assert!(walk(&bytes).1.is_some());
        }
    }

    #[test]
    fn what_is_cut_or_changed_ends_the_walk_and_keeps_what_came_before() {
        let mut bytes = member("a.txt", 3, EntryType::Regular);
        bytes.extend([b'x'; 512]);
        let whole = bytes.clone();
        bytes.extend(member("b.txt", 3, EntryType::Regular));
        bytes[600 + 512] ^= 1;
        let (members, why) = walk(&bytes);
        assert_eq!(members[0].name, "a.txt");
        assert_eq!((members[0].offset, members[0].size), (512, 3));
        assert!(why.unwrap().contains("at byte 1024 is damaged"));
        for cut in [0, 512, 515, 600, 1023, 1024] {
            let (members, why) = walk(&whole[..cut]);
            assert_eq!(members.len(), usize::from(cut >= 515), "{cut}");
            assert_eq!(why.is_some(), cut == 512, "{cut}: {why:?}");
        }
        assert!(walk(b"not a tar, but longer than a header? no").1.is_some());
        assert!(walk(&[b'x'; 2000]).1.unwrap().contains("not a tar archive"));
    }

    #[test]
    fn any_bytes_end_without_a_panic() {
        let mut rng = crate::random::generator(1, crate::random::Purpose::Pair, 0, 0);
        for _ in 0..2000 {
            let mut bytes = member("a.txt", 30, EntryType::XHeader);
            bytes.extend(b"20 path=../../x.txt\n18446744073709551615 size=1\n");
            bytes.resize(1024, 0);
            bytes.extend(member("b.jpg", 600, EntryType::Regular));
            bytes.resize(4096, 7);
            let at = crate::random::below(&mut rng, 2048);
            bytes[at] = crate::random::below(&mut rng, 256) as u8;
            // With a right sum, so that it is not the sum that is refused.
            for start in [0, 1024] {
                let header: &mut [u8] = &mut bytes[start..start + 512];
                let mut copy = Header::new_old();
                copy.as_mut_bytes().copy_from_slice(header);
                copy.set_cksum();
                header.copy_from_slice(copy.as_bytes());
            }
            walk(&bytes);
        }
    }
}
