//! Whether a file is as long as its own headers say, asked before a decoder is: decoders fill what is missing, or take
//! the room that a header claims.

/// Whether every part of a WebP file ends within it: the decoder takes the room that a part of metadata claims.
pub(super) fn chunks_fit(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, tail)) = rest.split_at_checked(8) {
        let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if size > tail.len() {
            return false;
        }
        // Parts begin at even places.
        rest = tail.get(size + size % 2..).unwrap_or_default();
    }
    true
}

/// Whether the first directory of a TIFF file has no more values than the file has bytes: the decoder takes room for
/// as many as an entry claims.
pub(super) fn entries_fit(bytes: &[u8]) -> bool {
    let little = bytes.starts_with(b"II");
    let number = |at: usize, size: usize| -> Option<usize> {
        let digits = bytes.get(at..at.checked_add(size)?)?;
        let fold = |sum: usize, digit: &u8| sum << 8 | usize::from(*digit);
        Some(if little {
            digits.iter().rev().fold(0, fold)
        } else {
            digits.iter().fold(0, fold)
        })
    };
    let fits = || -> Option<bool> {
        let directory = number(4, 4)?;
        let count = number(directory, 2)?;
        for entry in 0..count {
            let at = directory + 2 + 12 * entry;
            // 1, 2, 4 or 8 bytes, by the type; unknown ones are at least one.
            let size = match number(at + 2, 2)? {
                3 | 8 => 2,
                4 | 9 | 11 | 13 => 4,
                5 | 10 | 12 | 16..=18 => 8,
                _ => 1,
            };
            let length = number(at + 4, 4)?.checked_mul(size)?;
            let inside = length <= 4 || number(at + 8, 4)?.checked_add(length)? <= bytes.len();
            if !inside {
                return Some(false);
            }
        }
        Some(true)
    };
    fits().unwrap_or(false)
}

/// Whether a JPEG has its end, behind a scan.
pub(super) fn jpeg_ends(bytes: &[u8]) -> bool {
    let mut at = 2;
    let mut scanned = false;
    loop {
        // Within a scan FF stands before 00 or a restart's number; anything else is a marker.
        let Some(ff) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|b| *b == 0xff))
        else {
            return false;
        };
        at += ff + 1;
        match bytes.get(at) {
            None => return false,
            Some(0xd9) if scanned => return true,
            Some(0x00 | 0x01 | 0xd0..=0xd9) => at += 1,
            Some(0xff) => {}
            Some(marker) => {
                scanned |= *marker == 0xda;
                let Some([high, low]) = bytes.get(at + 1..at + 3) else {
                    return false;
                };
                at += 1 + usize::from(u16::from_be_bytes([*high, *low])).max(2);
            }
        }
    }
}
