//! A server of SSL 2 (draft-hickman-netscape-ssl-00), as far as its hello: what it can do, who it says it is.

use std::convert::Infallible;
use std::io;

use openssl::rand::rand_bytes;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use crate::certificates::Credential;
use crate::wire::Duplex;
use crate::wire::drain;

/// Message types (section 5).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 4;

/// Answers a CLIENT-HELLO in this frame, whatever versions it speaks of; leaves everybody else without a word. It never comes
/// to a connection.
pub(crate) async fn answer(
    credential: &Credential,
    mut stream: impl Duplex,
) -> io::Result<Infallible> {
    let mut header = [0; 3];
    stream.read_exact(&mut header).await?;
    let [high, low, kind] = header;
    if high & LONG_HEADER == 0 || kind != CLIENT_HELLO {
        return Err(io::Error::other("not SSL 2"));
    }
    let length = u16::from_be_bytes([high & !LONG_HEADER, low]);
    let mut hello = vec![0; usize::from(length).saturating_sub(1)];
    stream.read_exact(&mut hello).await?;
    let message = server_hello(credential)?;
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    let [high, low] = length.to_be_bytes();
    stream.write_all(&[high | LONG_HEADER, low]).await?;
    stream.write_all(&message).await?;
    stream.flush().await?;
    drain(&mut stream).await;
    Err(io::Error::other("its part ends here"))
}

fn server_hello(credential: &Credential) -> io::Result<Vec<u8>> {
    let leaf = credential.ders().first().map(|der| der.as_ref()).unwrap_or_default();
    let mut connection_id = [0; 16];
    rand_bytes(&mut connection_id)?;
    let ciphers: Vec<u8> = CIPHERS.concat();
    // No session to come back to; an X.509 certificate; version 2.
    let mut message = vec![SERVER_HELLO, 0, 1, 0, 2];
    for length in [leaf.len(), ciphers.len(), connection_id.len()] {
        message.extend(u16::try_from(length).map_err(io::Error::other)?.to_be_bytes());
    }
    message.extend_from_slice(leaf);
    message.extend(ciphers);
    message.extend(connection_id);
    Ok(message)
}

/// Set where a header has two bytes and the record no padding (section 1.1).
const LONG_HEADER: u8 = 0x80;

/// SSL_CK_RC4_128_WITH_MD5, its export form, and SSL_CK_DES_192_EDE3_CBC_WITH_MD5.
const CIPHERS: [[u8; 3]; 3] = [[0x01, 0x00, 0x80], [0x02, 0x00, 0x80], [0x07, 0x00, 0xc0]];
