//! The domain parameters of the binary curves that TLS names (RFC 4492, section 5.1.1): SEC 2, version 1.

use tlscensus_tls_wire::registry::NamedGroup;

/// A curve `y² + xy = x³ + ax² + b` over the field of `2^degree` elements; its numbers in hexadecimal.
pub(super) struct Parameters {
    pub(super) group: NamedGroup,
    pub(super) degree: usize,
    /// Powers in the polynomial that the field is taken by, beside the degree and zero.
    pub(super) middle: &'static [usize],
    pub(super) a: &'static str,
    pub(super) b: &'static str,
    /// The generator.
    pub(super) x: &'static str,
    pub(super) y: &'static str,
}

pub(super) static CURVES: [Parameters; 14] = [
    Parameters {
        group: NamedGroup::SECT163K1,
        degree: 163,
        middle: &[7, 6, 3],
        a: "01",
        b: "01",
        x: "02fe13c0537bbc11acaa07d793de4e6d5e5c94eee8",
        y: "0289070fb05d38ff58321f2e800536d538ccdaa3d9",
    },
    Parameters {
        group: NamedGroup::SECT163R1,
        degree: 163,
        middle: &[7, 6, 3],
        a: "07b6882caaefa84f9554ff8428bd88e246d2782ae2",
        b: "0713612dcddcb40aab946bda29ca91f73af958afd9",
        x: "0369979697ab43897789566789567f787a7876a654",
        y: "435edb42efafb2989d51fefce3c80988f41ff883",
    },
    Parameters {
        group: NamedGroup::SECT163R2,
        degree: 163,
        middle: &[7, 6, 3],
        a: "01",
        b: "020a601907b8c953ca1481eb10512f78744a3205fd",
        x: "03f0eba16286a2d57ea0991168d4994637e8343e36",
        y: "d51fbc6c71a0094fa2cdd545b11c5c0c797324f1",
    },
    Parameters {
        group: NamedGroup::SECT193R1,
        degree: 193,
        middle: &[15],
        a: "17858feb7a98975169e171f77b4087de098ac8a911df7b01",
        b: "fdfb49bfe6c3a89facadaa7a1e5bbc7cc1c2e5d831478814",
        x: "01f481bc5f0ff84a74ad6cdf6fdef4bf6179625372d8c0c5e1",
        y: "25e399f2903712ccf3ea9e3a1ad17fb0b3201b6af7ce1b05",
    },
    Parameters {
        group: NamedGroup::SECT193R2,
        degree: 193,
        middle: &[15],
        a: "0163f35a5137c2ce3ea6ed8667190b0bc43ecd69977702709b",
        b: "c9bb9e8927d4d64c377e2ab2856a5b16e3efb7f61d4316ae",
        x: "d9b67d192e0367c803f39e1a7e82ca14a651350aae617e8f",
        y: "01ce94335607c304ac29e7defbd9ca01f596f927224cdecf6c",
    },
    Parameters {
        group: NamedGroup::SECT233K1,
        degree: 233,
        middle: &[74],
        a: "00",
        b: "01",
        x: "017232ba853a7e731af129f22ff4149563a419c26bf50a4c9d6eefad6126",
        y: "01db537dece819b7f70f555a67c427a8cd9bf18aeb9b56e0c11056fae6a3",
    },
    Parameters {
        group: NamedGroup::SECT233R1,
        degree: 233,
        middle: &[74],
        a: "01",
        b: "66647ede6c332c7f8c0923bb58213b333b20e9ce4281fe115f7d8f90ad",
        x: "fac9dfcbac8313bb2139f1bb755fef65bc391f8b36f8f8eb7371fd558b",
        y: "01006a08a41903350678e58528bebf8a0beff867a7ca36716f7e01f81052",
    },
    Parameters {
        group: NamedGroup::SECT239K1,
        degree: 239,
        middle: &[158],
        a: "00",
        b: "01",
        x: "29a0b6a887a983e9730988a68727a8b2d126c44cc2cc7b2a6555193035dc",
        y: "76310804f12e549bdb011c103089e73510acb275fc312a5dc6b76553f0ca",
    },
    Parameters {
        group: NamedGroup::SECT283K1,
        degree: 283,
        middle: &[12, 7, 5],
        a: "00",
        b: "01",
        x: "0503213f78ca44883f1a3b8162f188e553cd265f23c1567a16876913b0c2ac2458492836",
        y: "01ccda380f1c9e318d90f95d07e5426fe87e45c0e8184698e45962364e34116177dd2259",
    },
    Parameters {
        group: NamedGroup::SECT283R1,
        degree: 283,
        middle: &[12, 7, 5],
        a: "01",
        b: "027b680ac8b8596da5a4af8a19a0303fca97fd7645309fa2a581485af6263e313b79a2f5",
        x: "05f939258db7dd90e1934f8c70b0dfec2eed25b8557eac9c80e2e198f8cdbecd86b12053",
        y: "03676854fe24141cb98fe6d4b20d02b4516ff702350eddb0826779c813f0df45be8112f4",
    },
    Parameters {
        group: NamedGroup::SECT409K1,
        degree: 409,
        middle: &[87],
        a: "00",
        b: "01",
        x: "60f05f658f49c1ad3ab1890f7184210efd0987e307c84c27accfb8f9f67cc2c460189eb5aaaa62ee\
             222eb1b35540cfe9023746",
        y: "01e369050b7c4e42acba1dacbf04299c3460782f918ea427e6325165e9ea10e3da5f6c42e9c55215\
             aa9ca27a5863ec48d8e0286b",
    },
    Parameters {
        group: NamedGroup::SECT409R1,
        degree: 409,
        middle: &[87],
        a: "01",
        b: "21a5c2c8ee9feb5c4b9a753b7b476b7fd6422ef1f3dd674761fa99d6ac27c8a9a197b272822f6cd5\
             7a55aa4f50ae317b13545f",
        x: "015d4860d088ddb3496b0c6064756260441cde4af1771d4db01ffe5b34e59703dc255a868a118051\
             5603aeab60794e54bb7996a7",
        y: "61b1cfab6be5f32bbfa78324ed106a7636b9c5a7bd198d0158aa4f5488d08f38514f1fdf4b4f40d2\
             181b3681c364ba0273c706",
    },
    Parameters {
        group: NamedGroup::SECT571K1,
        degree: 571,
        middle: &[10, 5, 2],
        a: "00",
        b: "01",
        x: "026eb7a859923fbc82189631f8103fe4ac9ca2970012d5d46024804801841ca44370958493b205e6\
             47da304db4ceb08cbbd1ba39494776fb988b47174dca88c7e2945283a01c8972",
        y: "0349dc807f4fbf374f4aeade3bca95314dd58cec9f307a54ffc61efc006d8a2c9d4979c0ac44aea7\
             4fbebbb9f772aedcb620b01a7ba7af1b320430c8591984f601cd4c143ef1c7a3",
    },
    Parameters {
        group: NamedGroup::SECT571R1,
        degree: 571,
        middle: &[10, 5, 2],
        a: "01",
        b: "02f40e7e2221f295de297117b7f3d62f5c6a97ffcb8ceff1cd6ba8ce4a9a18ad84ffabbd8efa5933\
             2be7ad6756a66e294afd185a78ff12aa520e4de739baca0c7ffeff7f2955727a",
        x: "0303001d34b856296c16c0d40d3cd7750a93d1d2955fa80aa5f40fc8db7b2abdbde53950f4c0d293\
             cdd711a35b67fb1499ae60038614f1394abfa3b4c850d927e1e7769c8eec2d19",
        y: "037bf27342da639b6dccfffeb73d69d78c6c27a6009cbbca1980f8533921e8a684423e43bab08a57\
             6291af8f461bb2a8b3531d2f0485c19b16e2f1516e23dd3c1a4827af1b8ac15b",
    },
];
