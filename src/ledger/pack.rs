//! Many records in one compressed frame.

use crate::connector::{Error, Result};
use crate::schema::{Key, Kind, Record};

/// Uncompressed size at which a pack is closed, in bytes. Larger packs
/// compress little better and cost more to open for one record.
const PACK_SIZE: usize = 64 * 1024;

/// Fast, and already several times smaller for JSON.
const LEVEL: i32 = 1;

/// A page of records, ready to be stored: the expensive part, done before the
/// writer thread is asked.
#[derive(Debug, Default)]
pub struct Packed {
    /// Compressed frames.
    pub packs: Vec<Vec<u8>>,
    /// One row a record; `pack` is an index into `packs`.
    pub rows: Vec<Row>,
}

/// Where a record is within a [`Packed`].
#[derive(Debug)]
pub struct Row {
    /// Which record.
    pub key: Key,
    /// What it is a part of.
    pub parent: Option<Key>,
    /// Index of the pack.
    pub pack: usize,
    /// Start within the unpacked frame.
    pub pos: usize,
    /// Length in bytes.
    pub len: usize,
    /// Start of BLAKE3 over the JSON.
    pub hash: [u8; 16],
    /// How many parts the source says there are.
    pub declared: Option<u32>,
}

/// Packs records in their order.
pub fn pack(records: &[Record]) -> Result<Packed> {
    let mut packed = Packed {
        packs: Vec::new(),
        rows: Vec::with_capacity(records.len()),
    };
    let mut frame = Vec::with_capacity(PACK_SIZE + 16 * 1024);
    let mut compressor = zstd::bulk::Compressor::new(LEVEL).map_err(local)?;
    for record in records {
        let pos = frame.len();
        record.write_json(&mut frame).map_err(|cause| {
            Error::local("a record could not be written as JSON")
                .at(record.key())
                .caused_by(cause)
        })?;
        let json = &frame[pos..];
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(json).as_bytes()[..16]);
        packed.rows.push(Row {
            key: record.key(),
            parent: record.parent(),
            pack: packed.packs.len(),
            pos,
            len: json.len(),
            hash,
            declared: match record {
                Record::Conversation(conversation) => conversation.declared_messages,
                Record::Message(message) => message.declared_attachments,
                _ => None,
            },
        });
        if frame.len() >= PACK_SIZE {
            packed
                .packs
                .push(compressor.compress(&frame).map_err(local)?);
            frame.clear();
        }
    }
    if !frame.is_empty() {
        packed
            .packs
            .push(compressor.compress(&frame).map_err(local)?);
    }
    Ok(packed)
}

/// Compresses a raw page.
pub fn compress(body: &[u8]) -> Result<Vec<u8>> {
    zstd::bulk::compress(body, LEVEL).map_err(local)
}

/// Opens a pack or a raw page.
pub fn decompress(data: &[u8]) -> Result<Vec<u8>> {
    zstd::stream::decode_all(data).map_err(|cause| {
        Error::local("the ledger is damaged: a pack cannot be opened")
            .hint(super::DAMAGED)
            .caused_by(cause)
    })
}

/// Reads one record of an unpacked frame.
pub fn record(kind: Kind, id: &str, frame: &[u8], pos: usize, len: usize) -> Result<Record> {
    let damaged = || {
        Error::local("the ledger is damaged: a record cannot be read")
            .at(Key::new(kind, id))
            .hint(super::DAMAGED)
    };
    let json = frame.get(pos..pos + len).ok_or_else(damaged)?;
    Record::from_json(kind, json).map_err(|cause| damaged().caused_by(cause))
}

fn local(cause: std::io::Error) -> Error {
    Error::local("compression failed").caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Message;

    #[test]
    fn records_come_back_from_packs() {
        let records: Vec<Record> = (0..500)
            .map(|n| {
                Record::Message(Message {
                    id: n.to_string(),
                    conversation_id: (n / 3).to_string(),
                    text: Some("x".repeat(n)),
                    ..Message::default()
                })
            })
            .collect();
        let packed = pack(&records).unwrap();
        assert!(packed.packs.len() > 1);
        for (row, original) in packed.rows.iter().zip(&records) {
            let frame = decompress(&packed.packs[row.pack]).unwrap();
            let back = record(row.key.kind, &row.key.id, &frame, row.pos, row.len).unwrap();
            assert_eq!(&back, original);
        }
    }

    #[test]
    fn the_hash_follows_the_content() {
        let record = |text: &str| {
            vec![Record::Message(Message {
                id: "1".into(),
                text: Some(text.into()),
                ..Message::default()
            })]
        };
        let hash = |text| pack(&record(text)).unwrap().rows[0].hash;
        assert_eq!(hash("a"), hash("a"));
        assert_ne!(hash("a"), hash("b"));
    }
}
