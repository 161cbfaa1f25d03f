//! TensorBoard's bytes: `Event` messages (tensorflow/core/util/event.proto) in protobuf's encoding, each framed
//! as a record: length, its checksum, the message, its checksum.
//!
//! Only the fields that are written here are known. Held to TensorBoard's own writer by
//! `tests/fixtures/export/make.py`.

/// What readers expect in a file's first event.
const VERSION: &str = "brain.Event:2";

/// `tensorflow.DataType.DT_STRING`.
const DT_STRING: u64 = 7;

/// The first record of a file.
pub(super) fn version(wall_time: f64) -> Vec<u8> {
    let mut event = Message::event(wall_time, 0);
    event.bytes(3, VERSION.as_bytes());
    event.record()
}

/// Numbers of a step.
pub(super) fn scalars(wall_time: f64, step: u64, scalars: &[(String, f64)]) -> Vec<u8> {
    let mut summary = Message::default();
    for (tag, value) in scalars {
        let mut entry = Message::default();
        entry.bytes(1, tag.as_bytes());
        entry.float(2, *value as f32);
        summary.message(1, &entry);
    }
    let mut event = Message::event(wall_time, step);
    event.message(5, &summary);
    event.record()
}

/// A text under `tag`, in Markdown.
pub(super) fn text(wall_time: f64, tag: &str, text: &str) -> Vec<u8> {
    let mut dim = Message::default();
    dim.number(1, 1);
    let mut shape = Message::default();
    shape.message(2, &dim);
    let mut tensor = Message::default();
    tensor.number(1, DT_STRING);
    tensor.message(2, &shape);
    tensor.bytes(8, text.as_bytes());
    let mut plugin = Message::default();
    plugin.bytes(1, b"text");
    let mut metadata = Message::default();
    metadata.message(1, &plugin);
    let mut entry = Message::default();
    entry.bytes(1, format!("{tag}/text_summary").as_bytes());
    entry.message(8, &tensor);
    entry.message(9, &metadata);
    let mut summary = Message::default();
    summary.message(1, &entry);
    let mut event = Message::event(wall_time, 0);
    event.message(5, &summary);
    event.record()
}

/// From here on the run goes on from before `step`: what was said of it and of later ones is void.
pub(super) fn restart(wall_time: f64, step: u64) -> Vec<u8> {
    let mut session = Message::default();
    // `SessionLog.START`.
    session.number(1, 1);
    let mut event = Message::event(wall_time, step);
    event.message(7, &session);
    event.record()
}

/// A message in the making. Fields must come in the order of their numbers, as protobuf's own writers have them.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn event(wall_time: f64, step: u64) -> Self {
        let mut event = Self::default();
        event.key(1, 1);
        event.0.extend(wall_time.to_le_bytes());
        // What is zero is left out.
        if step > 0 {
            event.number(2, step);
        }
        event
    }

    fn key(&mut self, field: u64, wire: u64) {
        self.varint(field << 3 | wire);
    }

    /// Seven bits a byte, the lowest first.
    fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(&mut self, field: u64, n: u64) {
        self.key(field, 0);
        self.varint(n);
    }

    fn float(&mut self, field: u64, x: f32) {
        self.key(field, 5);
        self.0.extend(x.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.key(field, 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn record(self) -> Vec<u8> {
        let length = (self.0.len() as u64).to_le_bytes();
        let mut record = Vec::with_capacity(self.0.len() + 16);
        record.extend(length);
        record.extend(masked(&length));
        let checksum = masked(&self.0);
        record.extend(self.0);
        record.extend(checksum);
        record
    }
}

/// CRC-32C, turned and moved, so that a checksum of data that holds checksums is a good one.
fn masked(bytes: &[u8]) -> [u8; 4] {
    let crc = crc32c::crc32c(bytes);
    crc.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The messages of a file's records; panics unless every record is whole.
#[cfg(test)]
pub(super) fn unframe(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_at(8);
        let (checksum, rest) = rest.split_at(4);
        assert_eq!(checksum, masked(length));
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let (data, rest) = rest.split_at(length);
        let (checksum, rest) = rest.split_at(4);
        assert_eq!(checksum, masked(data));
        messages.push(data.to_vec());
        bytes = rest;
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same events as `tests/fixtures/export/make.py` hands to TensorBoard's own writer.
    #[test]
    fn bytes_are_those_of_the_reference_writer() {
        let fixture = include_bytes!("../../../tests/fixtures/export/events.bin");
        let named = |all: &[(&str, f64)]| -> Vec<_> {
            all.iter().map(|(tag, x)| ((*tag).to_owned(), *x)).collect()
        };
        let ours = [
            version(1_700_000_000.25),
            text(1_700_000_000.5, "scenario", "```\n(title: \"é\")\n```\n"),
            scalars(
                1_700_000_001.0,
                1,
                &named(&[("loss", 4.16), ("temperature", 0.07), ("logit_bias", 0.0)]),
            ),
            scalars(1_700_000_002.0, 128, &named(&[("loss", f64::NAN)])),
            scalars(
                1_700_000_003.0,
                40_000_000_000,
                &named(&[("eval/held_out/retrieval/r1_image_to_text", 0.25)]),
            ),
            restart(1_700_000_004.0, 129),
            restart(1_700_000_005.0, 0),
        ];
        let theirs = unframe(fixture);
        assert_eq!(theirs.len(), ours.len());
        for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert_eq!(&unframe(ours)[0], theirs, "record {i}");
        }
        assert_eq!(ours.concat(), fixture, "the frames, too");
    }
}
