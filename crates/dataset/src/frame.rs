//! Frames of a journal: batches of rows that can be believed or not, on their own.
//!
//! Frames come in *groups* that count as a whole or not at all: certificates, their bytes, and the probes that name them. Were
//! a cut to part them, a certificate would count as stored while its bytes are lost.
//!
//! ```text
//!  0        4         6          7    8        10         12     16        20        24        28
//!  +--------+---------+----------+----+--------+----------+------+---------+---------+---------+-- … --+
//!  | "TLSJ" | format  | relation | E  | schema | 0        | rows | length  | CRC of  | CRC of  | Arrow |
//!  |        | u16     | u8       |    | u16    |          | u32  | u32     | payload | header  | IPC   |
//!  +--------+---------+----------+----+--------+----------+------+---------+---------+---------+-- … --+
//! ```
//! The sums are against accidents, not against forgers: Arrow's reader trusts lengths inside a payload whose sum is right.
//!
//! Little endian. `E` is 1 in the last frame of a group, else 0. The payload is an Arrow IPC stream of its own: schema and one batch.

use std::io;
use std::io::Read;

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use tlscensus_records::CAPABILITIES;
use tlscensus_records::CERTIFICATES;
use tlscensus_records::CERTIFICATES_DER;
use tlscensus_records::FLOWS;
use tlscensus_records::PROBES;
use tlscensus_records::RESPONDERS;
use tlscensus_records::Relation;

/// One frame read back.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) relation: &'static Relation,
    /// Version of the schema it was written with.
    pub(crate) schema: u16,
    pub(crate) batch: RecordBatch,
    /// Its length in the journal.
    length: u64,
    ends_group: bool,
}

/// Frames that count together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) frames: Vec<Frame>,
    /// Its length in the journal.
    pub(crate) length: u64,
}

/// Appends a group that holds these batches, in this order.
pub(crate) fn encode_group(
    schema: u16,
    batches: &[(&Relation, RecordBatch)],
    out: &mut Vec<u8>,
) -> Result<(), ArrowError> {
    for (at, (relation, batch)) in batches.iter().enumerate() {
        encode(relation, schema, batch, at + 1 == batches.len(), out)?;
    }
    Ok(())
}

/// Reads the next group; `None` at the end and at the first byte that cannot be believed.
pub(crate) fn decode_group(reader: &mut impl Read) -> io::Result<Option<Group>> {
    let mut group = Group { frames: Vec::new(), length: 0 };
    while let Some(frame) = decode(reader)? {
        let last = frame.ends_group;
        group.length += frame.length;
        group.frames.push(frame);
        if last {
            return Ok(Some(group));
        }
    }
    Ok(None)
}

fn encode(
    relation: &Relation,
    schema: u16,
    batch: &RecordBatch,
    ends_group: bool,
    out: &mut Vec<u8>,
) -> Result<(), ArrowError> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LENGTH]);
    let mut writer = StreamWriter::try_new(&mut *out, &batch.schema())?;
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);

    let too_long = || ArrowError::InvalidArgumentError("a frame of more than 4 GiB".to_owned());
    let payload = out.get(start + HEADER_LENGTH..).unwrap_or_default();
    let length = u32::try_from(payload.len()).map_err(|_| too_long())?;
    let rows = u32::try_from(batch.num_rows()).map_err(|_| too_long())?;
    let payload_crc = crc32fast::hash(payload);
    let header = Header { relation, ends_group, schema, rows, length, payload_crc }.written();
    out.splice(start..start + HEADER_LENGTH, header);
    Ok(())
}

fn decode(reader: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut header = [0; HEADER_LENGTH];
    if !filled(reader, &mut header)? {
        return Ok(None);
    }
    let Some(header) = Header::read(&header) else {
        return Ok(None);
    };
    // A length is believed only so far: the CRC of the header is no seal.
    let length = usize::try_from(header.length).unwrap_or(usize::MAX);
    let mut payload = Vec::with_capacity(length.min(ROOM));
    reader.by_ref().take(u64::from(header.length)).read_to_end(&mut payload)?;
    let whole = u32::try_from(payload.len()).is_ok_and(|length| length == header.length);
    if !whole || crc32fast::hash(&payload) != header.payload_crc {
        return Ok(None);
    }
    Ok(header.batch(payload))
}

struct Header<'a> {
    relation: &'a Relation,
    ends_group: bool,
    schema: u16,
    rows: u32,
    length: u32,
    payload_crc: u32,
}

impl Header<'_> {
    fn written(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(HEADER_LENGTH);
        header.extend_from_slice(MAGIC);
        header.extend_from_slice(&FORMAT.to_le_bytes());
        header.extend_from_slice(&[code(self.relation), u8::from(self.ends_group)]);
        header.extend_from_slice(&self.schema.to_le_bytes());
        header.extend_from_slice(&[0; 2]);
        header.extend_from_slice(&self.rows.to_le_bytes());
        header.extend_from_slice(&self.length.to_le_bytes());
        header.extend_from_slice(&self.payload_crc.to_le_bytes());
        header.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
        header
    }
}

impl Header<'static> {
    fn read(bytes: &[u8; HEADER_LENGTH]) -> Option<Self> {
        let (covered, crc) = bytes.split_last_chunk::<4>()?;
        let start = covered.strip_prefix(MAGIC)?;
        let (format, rest) = start.split_first_chunk::<2>()?;
        let ([relation, ends_group], rest) = rest.split_first_chunk::<2>()?;
        let (schema, rest) = rest.split_first_chunk::<2>()?;
        let (_, rest) = rest.split_first_chunk::<2>()?;
        let (rows, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (payload_crc, _) = rest.split_first_chunk::<4>()?;
        let good = crc32fast::hash(covered) == u32::from_le_bytes(*crc)
            && u16::from_le_bytes(*format) == FORMAT;
        good.then_some(Self {
            relation: coded(*relation)?,
            ends_group: *ends_group == 1,
            schema: u16::from_le_bytes(*schema),
            rows: u32::from_le_bytes(*rows),
            length: u32::from_le_bytes(*length),
            payload_crc: u32::from_le_bytes(*payload_crc),
        })
    }

    /// The arrays of the batch are windows on the payload.
    fn batch(&self, payload: Vec<u8>) -> Option<Frame> {
        let mut payload = Buffer::from_vec(payload);
        let batch = StreamDecoder::new().decode(&mut payload).ok()??;
        let counted = u32::try_from(batch.num_rows()).is_ok_and(|rows| rows == self.rows);
        let header_length = u64::try_from(HEADER_LENGTH).ok()?;
        counted.then_some(Frame {
            relation: self.relation,
            schema: self.schema,
            batch,
            length: header_length + u64::from(self.length),
            ends_group: self.ends_group,
        })
    }
}

fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The relations a journal can hold, with their codes.
const CODES: [(u8, &Relation); 6] = [
    (1, &PROBES),
    (2, &CERTIFICATES),
    (3, &CERTIFICATES_DER),
    (4, &CAPABILITIES),
    (5, &RESPONDERS),
    (6, &FLOWS),
];

fn code(relation: &Relation) -> u8 {
    CODES.iter().find(|(_, known)| known.name == relation.name).map_or(0, |(code, _)| *code)
}

fn coded(code: u8) -> Option<&'static Relation> {
    CODES.iter().find(|(known, _)| *known == code).map(|(_, relation)| *relation)
}

const MAGIC: &[u8] = b"TLSJ";
const FORMAT: u16 = 1;
const HEADER_LENGTH: usize = 28;
/// Set aside for a payload before it is read; a longer one grows into its own.
const ROOM: usize = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use tlscensus_records::Bytes;
    use tlscensus_records::CertificateDer;
    use tlscensus_records::Sha256;

    use super::*;
    use crate::columns::RowBuffer;

    /// A group of two frames.
    fn group() -> Vec<u8> {
        let mut buffer = RowBuffer::new(&CERTIFICATES_DER);
        let mut batch = || {
            let der = Bytes(b"x".to_vec());
            buffer.push(&CertificateDer { cert_sha256: Sha256::of(b"x"), der });
            (&CERTIFICATES_DER, buffer.take())
        };
        let mut bytes = Vec::new();
        encode_group(1, &[batch(), batch()], &mut bytes).expect("encoded");
        bytes
    }

    #[test]
    fn a_group_reads_back_and_says_where_it_ends() {
        let bytes = group();
        let two = [bytes.as_slice(), bytes.as_slice()].concat();
        let mut rest = two.as_slice();
        let first = decode_group(&mut rest).expect("readable").expect("a group");
        assert_eq!(usize::try_from(first.length), Ok(bytes.len()));
        assert_eq!(first.frames.len(), 2);
        for frame in first.frames {
            assert_eq!(frame.relation.name, "certificates_der");
            assert_eq!((frame.schema, frame.batch.num_rows()), (1, 1));
        }
        assert!(decode_group(&mut rest).expect("readable").is_some());
        assert!(decode_group(&mut rest).expect("readable").is_none());
    }

    #[test]
    fn a_group_cut_or_changed_anywhere_is_no_group() {
        let bytes = group();
        for at in 0..bytes.len() {
            let cut = decode_group(&mut bytes.get(..at).expect("shorter"));
            assert!(cut.expect("readable").is_none(), "cut at {at}");
            let mut changed = bytes.clone();
            *changed.get_mut(at).expect("inside") ^= 0x40;
            let changed = decode_group(&mut changed.as_slice());
            assert!(changed.expect("readable").is_none(), "changed at {at}");
        }
    }
}
