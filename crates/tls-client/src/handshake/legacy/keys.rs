//! The key block, cut into what each direction needs.

use crate::connection::Connection;
use crate::crypto::block::BlockCipher;
use crate::crypto::mac::Mac;
use crate::crypto::prf::MasterSecret;
use crate::crypto::prf::Party;
use crate::crypto::stream::Rc4;
use crate::handshake::legacy::Shared;
use crate::protection::Aead12;
use crate::protection::BlockKeys;
use crate::protection::BlockOpener;
use crate::protection::BlockSealer;
use crate::protection::MacOrder;
use crate::protection::Opener;
use crate::protection::RecordMac;
use crate::protection::Sealer;
use crate::protection::Stream;
use crate::protection::StreamCipher;
use crate::suite::Bulk;
use crate::suite::LegacySuite;

/// One direction's part of the key block.
#[derive(Clone, Copy)]
struct Keys<'a> {
    mac_key: &'a [u8],
    key: &'a [u8],
    iv: &'a [u8],
}

/// Bytes of each part.
#[derive(Clone, Copy)]
struct Lengths {
    mac: usize,
    key: usize,
    iv: usize,
}

impl Lengths {
    fn both_directions(self) -> usize {
        2 * (self.mac + self.key + self.iv)
    }

    /// MAC keys, keys, IVs, each the client's before the server's.
    fn cut(self, block: &[u8]) -> (Keys<'_>, Keys<'_>) {
        let (mac_keys, rest) = block.split_at(2 * self.mac);
        let (keys, ivs) = rest.split_at(2 * self.key);
        let (client_mac, server_mac) = mac_keys.split_at(self.mac);
        let (client_key, server_key) = keys.split_at(self.key);
        let (client_iv, server_iv) = ivs.split_at(self.iv);
        (
            Keys { mac_key: client_mac, key: client_key, iv: client_iv },
            Keys { mac_key: server_mac, key: server_key, iv: server_iv },
        )
    }
}

impl Shared {
    /// How we send and how we receive from now on.
    pub(super) fn protections(
        &self,
        suite: LegacySuite,
        master: &MasterSecret,
        connection: &mut Connection,
    ) -> (Sealer, Opener) {
        let lengths = self.lengths(suite);
        let Some(export_key_len) = suite.export_key_len else {
            let block = master.key_block(&self.randoms, lengths.both_directions());
            let (client, server) = lengths.cut(&block);
            return self.directions(suite, client, server, connection);
        };
        let in_block = Lengths { key: export_key_len, iv: 0, ..lengths };
        let block = master.key_block(&self.randoms, in_block.both_directions());
        let (client, server) = in_block.cut(&block);
        let prf = self.rules.prf(suite.hash);
        let export = |party, keys: Keys<'_>| {
            let key = prf.export_key(party, keys.key, &self.randoms, lengths.key);
            (key, prf.export_iv(party, &self.randoms, lengths.iv))
        };
        let (client_key, client_iv) = export(Party::Client, client);
        let (server_key, server_iv) = export(Party::Server, server);
        let client = Keys { key: &client_key, iv: &client_iv, ..client };
        let server = Keys { key: &server_key, iv: &server_iv, ..server };
        self.directions(suite, client, server, connection)
    }

    fn directions(
        &self,
        suite: LegacySuite,
        client: Keys<'_>,
        server: Keys<'_>,
        connection: &mut Connection,
    ) -> (Sealer, Opener) {
        match suite.bulk {
            Bulk::Aead(aead) => (
                Sealer::Aead12(Aead12::new(aead, client.key, client.iv)),
                Opener::Aead12(Aead12::new(aead, server.key, server.iv)),
            ),
            Bulk::Block { cipher, mac } => {
                let iv_seed = u64::from_be_bytes(connection.random.array());
                let sealer = BlockSealer::new(self.block_keys(cipher, mac, client), iv_seed);
                let opener = BlockOpener::new(self.block_keys(cipher, mac, server));
                (Sealer::Block(Box::new(sealer)), Opener::Block(Box::new(opener)))
            }
            Bulk::Null { mac } => {
                let stream = |keys| self.stream(StreamCipher::Null, mac, keys);
                (Sealer::Stream(stream(client)), Opener::Stream(stream(server)))
            }
            Bulk::Rc4 { mac } => {
                let stream =
                    |keys: Keys<'_>| self.stream(StreamCipher::Rc4(Rc4::new(keys.key)), mac, keys);
                (Sealer::Stream(stream(client)), Opener::Stream(stream(server)))
            }
        }
    }

    fn stream(&self, cipher: StreamCipher, mac: Mac, keys: Keys<'_>) -> Box<Stream> {
        Box::new(Stream::new(cipher, RecordMac::new(self.rules, mac, keys.mac_key)))
    }

    fn lengths(&self, suite: LegacySuite) -> Lengths {
        match suite.bulk {
            Bulk::Aead(aead) => {
                Lengths { mac: 0, key: aead.key_len(), iv: Aead12::fixed_iv_len(aead) }
            }
            Bulk::Block { cipher, mac } => {
                let iv = if self.rules.has_explicit_ivs() { 0 } else { cipher.block_len() };
                Lengths { mac: mac.len(), key: cipher.key_len(), iv }
            }
            Bulk::Null { mac } => Lengths { mac: mac.len(), key: 0, iv: 0 },
            Bulk::Rc4 { mac } => Lengths { mac: mac.len(), key: RC4_KEY_LEN, iv: 0 },
        }
    }

    fn block_keys<'a>(&self, cipher: BlockCipher, mac: Mac, keys: Keys<'a>) -> BlockKeys<'a> {
        BlockKeys {
            rules: self.rules,
            cipher,
            key: keys.key,
            iv: keys.iv,
            mac: RecordMac::new(self.rules, mac, keys.mac_key),
            mac_order: match self.encrypt_then_mac {
                true => MacOrder::EncryptThenMac,
                false => MacOrder::MacThenEncrypt,
            },
        }
    }
}

/// Bytes of a key of RC4 in all suites that have it.
const RC4_KEY_LEN: usize = 16;
