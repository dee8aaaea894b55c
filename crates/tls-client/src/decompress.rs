//! Compressed certificate messages (RFC 8879), taken apart up to a length that is known beforehand.

use std::io::Read;

use brotli_decompressor::Decompressor;
use flate2::Decompress;
use flate2::FlushDecompress;
use flate2::Status;
use tlscensus_tls_wire::handshake::CompressedCertificate;
use tlscensus_tls_wire::record::MAX_HANDSHAKE_BYTES;
use tlscensus_tls_wire::registry::AlertDescription;
use tlscensus_tls_wire::registry::CertificateCompression;

use crate::failure::Failure;
use crate::outcome::Malformed;
use crate::outcome::Outcome;

/// The body of the Certificate message within, which is as long as the message says and no longer than one in the open
/// may be: a bomb does not go off.
pub(crate) fn decompress(message: &CompressedCertificate<'_>) -> Result<Vec<u8>, Failure> {
    let length = usize::try_from(message.uncompressed_length).unwrap_or(usize::MAX);
    if length > MAX_HANDSHAKE_BYTES {
        return Err(Failure::over_bytes());
    }
    let inflate = match message.algorithm {
        CertificateCompression::BROTLI => brotli,
        CertificateCompression::ZLIB => zlib,
        CertificateCompression::ZSTD => zstd,
        _ => return Err(Failure::illegal("compression of a certificate")),
    };
    inflate(message.compressed, length).filter(|body| body.len() == length).ok_or_else(|| {
        let outcome = Outcome::Malformed(Malformed::Illegal("compressed certificate"));
        Failure::new(outcome, AlertDescription::BAD_CERTIFICATE)
    })
}

/// At most one byte more than `length`, so that too much can be told from enough. The window of the stream, up to 16 MiB,
/// lives as long as this call.
fn brotli(compressed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut output = Vec::with_capacity(length + 1);
    let limit = u64::try_from(length).ok()? + 1;
    let mut stream = Decompressor::new(compressed, BROTLI_BUFFER).take(limit);
    stream.read_to_end(&mut output).ok()?;
    Some(output)
}

fn zlib(compressed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut output = vec![0; length];
    let mut stream = Decompress::new(true);
    let status = stream.decompress(compressed, &mut output, FlushDecompress::Finish).ok()?;
    let whole = stream.total_out() == u64::try_from(length).ok()?;
    (status == Status::StreamEnd && whole).then_some(output)
}

/// Straight into the output: the library refuses what does not fit.
fn zstd(compressed: &[u8], length: usize) -> Option<Vec<u8>> {
    ::zstd::bulk::decompress(compressed, length).ok()
}

const BROTLI_BUFFER: usize = 4096;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;

    fn zlib_of(content: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).expect("compresses");
        encoder.finish().expect("compresses")
    }

    fn check(algorithm: CertificateCompression, length: usize, compressed: &[u8]) -> String {
        let uncompressed_length = u32::try_from(length).expect("short");
        let message = CompressedCertificate { algorithm, uncompressed_length, compressed };
        match decompress(&message) {
            Ok(body) => String::from_utf8(body).expect("text"),
            Err(failure) => failure.outcome.to_string(),
        }
    }

    #[test]
    fn every_algorithm_gives_the_message_and_only_at_its_length() {
        let text = b"a certificate, a certificate, a certificate";
        // RFC 7932, section 9: a window of 64 KiB, an uncompressed metablock of 43 bytes, and an empty last one.
        let brotli = [&[0xa0, 0x02, 0x10], text.as_slice(), &[0x03]].concat();
        let cases = [
            (CertificateCompression::BROTLI, brotli),
            (CertificateCompression::ZLIB, zlib_of(text)),
            (CertificateCompression::ZSTD, ::zstd::bulk::compress(text, 3).expect("compresses")),
        ];
        let bad = "malformed: illegal compressed certificate";
        for (algorithm, compressed) in cases {
            assert_eq!(check(algorithm, text.len(), &compressed).as_bytes(), text, "{algorithm}");
            for length in [0, 1, text.len() - 1, text.len() + 1, 10_000] {
                assert_eq!(check(algorithm, length, &compressed), bad, "{algorithm} {length}");
            }
            for end in 0..compressed.len() - 1 {
                assert_eq!(check(algorithm, text.len(), &compressed[..end]), bad, "{algorithm}");
            }
            assert_eq!(check(algorithm, MAX_HANDSHAKE_BYTES + 1, &compressed), "over-bytes");
        }
        let unknown = CertificateCompression(9);
        assert_eq!(check(unknown, 1, b"x"), "malformed: illegal compression of a certificate");
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let zeros = vec![0; 10_000_000];
        let bad = "malformed: illegal compressed certificate";
        let zstd = ::zstd::bulk::compress(&zeros, 19).expect("compresses");
        for (algorithm, bomb) in
            [(CertificateCompression::ZLIB, zlib_of(&zeros)), (CertificateCompression::ZSTD, zstd)]
        {
            assert_eq!(check(algorithm, 1_000, &bomb), bad, "{algorithm}");
        }
    }
}
