//! The pseudorandom function of TLS 1.0 and the keys that come out of it (RFC 2246, sections 5 and 6.3).

use std::io;

use openssl::hash::Hasher;
use openssl::hash::MessageDigest;

use super::suite::Protection;

/// The randoms of both sides.
#[derive(Clone, Copy)]
pub(super) struct Randoms {
    pub(super) client: [u8; 32],
    pub(super) server: [u8; 32],
}

/// What protects one direction.
pub(super) struct DirectionKeys {
    pub(super) mac: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) iv: Vec<u8>,
}

impl Randoms {
    fn client_first(&self) -> Vec<u8> {
        [self.client, self.server].concat()
    }

    fn server_first(&self) -> Vec<u8> {
        [self.server, self.client].concat()
    }
}

pub(super) fn master_secret(premaster: &[u8], randoms: &Randoms) -> io::Result<Vec<u8>> {
    prf(premaster, b"master secret", &randoms.client_first(), 48)
}

/// The client's keys and the server's.
pub(super) fn directions(
    master: &[u8],
    randoms: &Randoms,
    protection: &Protection,
) -> io::Result<(DirectionKeys, DirectionKeys)> {
    let cipher = (protection.cipher)();
    let iv_length = cipher.iv_len().unwrap_or(0);
    let own_iv = if protection.export { 0 } else { iv_length };
    let lengths = [protection.mac_length, protection.key_material, own_iv];
    let length = 2 * lengths.iter().sum::<usize>();
    let mut block = prf(master, b"key expansion", &randoms.server_first(), length)?;
    let [[client_mac, server_mac], [client_key, server_key], [client_iv, server_iv]] =
        lengths.map(|length| [take(&mut block, length), take(&mut block, length)]);
    let mut client = DirectionKeys { mac: client_mac, key: client_key, iv: client_iv };
    let mut server = DirectionKeys { mac: server_mac, key: server_key, iv: server_iv };
    if protection.export {
        let seed = randoms.client_first();
        client.key = prf(&client.key, b"client write key", &seed, cipher.key_len())?;
        server.key = prf(&server.key, b"server write key", &seed, cipher.key_len())?;
        let mut vectors = prf(b"", b"IV block", &seed, 2 * iv_length)?;
        client.iv = take(&mut vectors, iv_length);
        server.iv = take(&mut vectors, iv_length);
    }
    Ok((client, server))
}

/// What a Finished message holds.
pub(super) fn verify_data(master: &[u8], label: &[u8], transcript: &[u8]) -> io::Result<Vec<u8>> {
    prf(master, label, &both_hashes(transcript)?, 12)
}

/// MD5 and SHA-1 of the same bytes, one behind the other.
pub(super) fn both_hashes(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut hashes = openssl::hash::hash(MessageDigest::md5(), bytes)?.to_vec();
    hashes.extend_from_slice(&openssl::hash::hash(MessageDigest::sha1(), bytes)?);
    Ok(hashes)
}

pub(super) fn hmac(digest: MessageDigest, key: &[u8], parts: &[&[u8]]) -> io::Result<Vec<u8>> {
    let key = match key.len() > HMAC_BLOCK {
        true => openssl::hash::hash(digest, key)?.to_vec(),
        false => key.to_vec(),
    };
    let pad = |with: u8| {
        let mut block = vec![with; HMAC_BLOCK];
        block.iter_mut().zip(&key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let mut inner = Hasher::new(digest)?;
    inner.update(&pad(0x36))?;
    for part in parts {
        inner.update(part)?;
    }
    let mut outer = Hasher::new(digest)?;
    outer.update(&pad(0x5c))?;
    outer.update(&inner.finish()?)?;
    Ok(outer.finish()?.to_vec())
}

fn prf(secret: &[u8], label: &[u8], seed: &[u8], length: usize) -> io::Result<Vec<u8>> {
    // The halves share their middle byte if their number is odd.
    let half = secret.len().div_ceil(2);
    let (first, second) = (secret.split_at(half).0, secret.split_at(secret.len() - half).1);
    let mut out = expand(MessageDigest::md5(), first, label, seed, length)?;
    let other = expand(MessageDigest::sha1(), second, label, seed, length)?;
    out.iter_mut().zip(other).for_each(|(byte, other)| *byte ^= other);
    Ok(out)
}

fn expand(
    digest: MessageDigest,
    secret: &[u8],
    label: &[u8],
    seed: &[u8],
    length: usize,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut link = hmac(digest, secret, &[label, seed])?;
    while out.len() < length {
        out.extend(hmac(digest, secret, &[&link, label, seed])?);
        link = hmac(digest, secret, &[&link])?;
    }
    out.truncate(length);
    Ok(out)
}

fn take(block: &mut Vec<u8>, length: usize) -> Vec<u8> {
    block.drain(..length).collect()
}

/// Block size of MD5 and of SHA-1 in bytes.
const HMAC_BLOCK: usize = 64;
