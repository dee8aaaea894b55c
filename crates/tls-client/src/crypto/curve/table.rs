//! The domain parameters of the prime curves that TLS names: SEC 2 (versions 1 and 2), FIPS 186-5 and
//! RFC 5639. All have a prime order.

use tlscensus_tls_wire::registry::NamedGroup;

/// A curve `y² = x³ + ax + b`, its numbers in hexadecimal.
pub(super) struct Parameters {
    pub(super) group: NamedGroup,
    /// The contents of the OBJECT IDENTIFIER.
    pub(super) identifier: &'static [u8],
    /// The prime of the field.
    pub(super) p: &'static str,
    pub(super) a: &'static str,
    pub(super) b: &'static str,
    /// The generator.
    pub(super) x: &'static str,
    pub(super) y: &'static str,
    /// The order.
    pub(super) n: &'static str,
}

pub(super) static CURVES: [Parameters; 14] = [
    // 1.3.132.0.9
    Parameters {
        group: NamedGroup::SECP160K1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x09],
        p: "fffffffffffffffffffffffffffffffeffffac73",
        a: "00",
        b: "07",
        x: "3b4c382ce37aa192a4019e763036f4f5dd4d7ebb",
        y: "938cf935318fdced6bc28286531733c3f03c4fee",
        n: "0100000000000000000001b8fa16dfab9aca16b6b3",
    },
    // 1.3.132.0.8
    Parameters {
        group: NamedGroup::SECP160R1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x08],
        p: "ffffffffffffffffffffffffffffffff7fffffff",
        a: "ffffffffffffffffffffffffffffffff7ffffffc",
        b: "1c97befc54bd7a8b65acf89f81d4d4adc565fa45",
        x: "4a96b5688ef573284664698968c38bb913cbfc82",
        y: "23a628553168947d59dcc912042351377ac5fb32",
        n: "0100000000000000000001f4c8f927aed3ca752257",
    },
    // 1.3.132.0.30
    Parameters {
        group: NamedGroup::SECP160R2,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x1e],
        p: "fffffffffffffffffffffffffffffffeffffac73",
        a: "fffffffffffffffffffffffffffffffeffffac70",
        b: "b4e134d3fb59eb8bab57274904664d5af50388ba",
        x: "52dcb034293a117e1f4ff11b30f7199d3144ce6d",
        y: "feaffef2e331f296e071fa0df9982cfea7d43f2e",
        n: "0100000000000000000000351ee786a818f3a1a16b",
    },
    // 1.3.132.0.31
    Parameters {
        group: NamedGroup::SECP192K1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x1f],
        p: "fffffffffffffffffffffffffffffffffffffffeffffee37",
        a: "00",
        b: "03",
        x: "db4ff10ec057e9ae26b07d0280b7f4341da5d1b1eae06c7d",
        y: "9b2f2f6d9c5628a7844163d015be86344082aa88d95e2f9d",
        n: "fffffffffffffffffffffffe26f2fc170f69466a74defd8d",
    },
    // 1.2.840.10045.3.1.1
    Parameters {
        group: NamedGroup::SECP192R1,
        identifier: &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01],
        p: "fffffffffffffffffffffffffffffffeffffffffffffffff",
        a: "fffffffffffffffffffffffffffffffefffffffffffffffc",
        b: "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
        x: "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012",
        y: "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
        n: "ffffffffffffffffffffffff99def836146bc9b1b4d22831",
    },
    // 1.3.132.0.32
    Parameters {
        group: NamedGroup::SECP224K1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x20],
        p: "fffffffffffffffffffffffffffffffffffffffffffffffeffffe56d",
        a: "00",
        b: "05",
        x: "a1455b334df099df30fc28a169a467e9e47075a90f7e650eb6b7a45c",
        y: "7e089fed7fba344282cafbd6f7e319f7c0b0bd59e2ca4bdb556d61a5",
        n: "010000000000000000000000000001dce8d2ec6184caf0a971769fb1f7",
    },
    // 1.3.132.0.33
    Parameters {
        group: NamedGroup::SECP224R1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x21],
        p: "ffffffffffffffffffffffffffffffff000000000000000000000001",
        a: "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe",
        b: "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
        x: "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21",
        y: "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
        n: "ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d",
    },
    // 1.3.132.0.10
    Parameters {
        group: NamedGroup::SECP256K1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x0a],
        p: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
        a: "00",
        b: "07",
        x: "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
        y: "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
        n: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    },
    // 1.2.840.10045.3.1.7
    Parameters {
        group: NamedGroup::SECP256R1,
        identifier: &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        p: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
        a: "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
        b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
        x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        n: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    },
    // 1.3.132.0.34
    Parameters {
        group: NamedGroup::SECP384R1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x22],
        p: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff00000000\
             00000000ffffffff",
        a: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff00000000\
             00000000fffffffc",
        b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d\
             2a85c8edd3ec2aef",
        x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c\
             3a545e3872760ab7",
        y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d\
             7a431d7c90ea0e5f",
        n: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77a\
             ecec196accc52973",
    },
    // 1.3.132.0.35
    Parameters {
        group: NamedGroup::SECP521R1,
        identifier: &[0x2b, 0x81, 0x04, 0x00, 0x23],
        p: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
             ffffffffffffffffffffffffffffffffffffffffffffffffffff",
        a: "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
             fffffffffffffffffffffffffffffffffffffffffffffffffffc",
        b: "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e93\
             7b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
        x: "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe759\
             28fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        y: "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef4\
             2640c550b9013fad0761353c7086a272c24088be94769fd16650",
        n: "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f\
             966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    },
    // 1.3.36.3.3.2.8.1.1.7
    Parameters {
        group: NamedGroup::BRAINPOOLP256R1,
        identifier: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07],
        p: "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
        a: "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
        b: "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
        x: "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
        y: "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
        n: "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
    },
    // 1.3.36.3.3.2.8.1.1.11
    Parameters {
        group: NamedGroup::BRAINPOOLP384R1,
        identifier: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b],
        p: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71\
             874700133107ec53",
        a: "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb\
             04a8c7dd22ce2826",
        b: "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc994\
             3ab78696fa504c11",
        x: "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aa\
             ef87b2e247d4af1e",
        y: "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e46462177918111\
             42820341263c5315",
        n: "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc310\
             3b883202e9046565",
    },
    // 1.3.36.3.3.2.8.1.1.13
    Parameters {
        group: NamedGroup::BRAINPOOLP512R1,
        identifier: &[0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d],
        p: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842\
             aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
        a: "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa1\
             0a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
        b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d\
             77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
        x: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d\
             50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
        y: "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e\
             5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
        n: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619\
             418661197fac10471db1d381085ddaddb58796829ca90069",
    },
];
