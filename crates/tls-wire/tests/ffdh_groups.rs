//! The finite fields with names: the generated file against the list, the list against the formulas of the standards.

use std::fmt::Write;
use std::path::Path;

use num_bigint::BigUint;
use sha2::Digest;
use sha2::Sha256;
use tlscensus_tls_wire::handshake::bit_length;
use tlscensus_tls_wire::registry::FfdhGroup;

/// One line of the list.
struct Row {
    name: String,
    bits: u32,
    is_safe: bool,
    prime: Vec<u8>,
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry/ffdh_groups.csv");
    let text = std::fs::read_to_string(path).expect("the list is there");
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .map(|line| {
            let [name, bits, safe, prime, _] = line.split(',').collect::<Vec<_>>()[..] else {
                panic!("five columns: {line}");
            };
            let prime = BigUint::parse_bytes(prime.as_bytes(), 16).expect("hexadecimal");
            Row {
                name: name.to_owned(),
                bits: bits.parse().expect("a number"),
                is_safe: safe == "yes",
                prime: prime.to_bytes_be(),
            }
        })
        .collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "rewrites sources, not data")]
fn the_generated_file_is_fresh() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/registry/ffdh_groups.rs");
    let fresh = generate();
    if std::env::var_os("TLSCENSUS_REGENERATE").is_some() {
        std::fs::write(&target, &fresh).expect("the source tree is writable");
    }
    let stands = std::fs::read_to_string(&target).unwrap_or_default();
    assert!(stands == fresh, "ffdh_groups.rs is stale: TLSCENSUS_REGENERATE=1 cargo test");
}

fn generate() -> String {
    let mut rows: Vec<_> =
        rows().into_iter().map(|row| (Sha256::digest(&row.prime), row)).collect();
    rows.sort_by_key(|(hash, _)| *hash);
    let mut out = String::from(
        "//! Recognised finite-field Diffie-Hellman groups: generated from `registry/ffdh_groups.csv`, not edited by hand.\n\n\
         use super::FfdhGroup;\n\npub(super) const GROUPS: &[FfdhGroup] = &[\n",
    );
    for (hash, Row { name, bits, is_safe, .. }) in &rows {
        let bytes: Vec<String> = hash.iter().map(|byte| format!("{byte:#04x}")).collect();
        writeln!(
            out,
            "    FfdhGroup {{ name: \"{name}\", bits: {bits}, is_safe: {is_safe}, prime_sha256: [{}] }},",
            bytes.join(", ")
        )
        .expect("a string takes it");
    }
    out.push_str("];\n");
    out
}

#[test]
fn every_prime_leads_to_its_name() {
    for row in rows() {
        let padded = [&[0, 0][..], &row.prime].concat();
        for prime in [&row.prime, &padded] {
            let group = FfdhGroup::of_prime(prime).expect("known");
            let found = (group.name, u32::from(group.bits), group.is_safe);
            assert_eq!(found, (row.name.as_str(), row.bits, row.is_safe));
        }
        assert_eq!(bit_length(&row.prime), row.bits, "{}", row.name);
    }
}

/// `2^b - 2^(b-64) - 1 + 2^64 * ([2^(b-130) * constant] + added)`: the shape of all these primes.
fn by_formula(bits: u32, constant: &BigUint, added: u32) -> Vec<u8> {
    let one = BigUint::from(1_u8);
    let digits: BigUint = (constant >> (PRECISION - (bits - 130))) + added;
    let prime: BigUint = (&one << bits) - (&one << (bits - 64)) - one + (digits << 64);
    prime.to_bytes_be()
}

/// RFC 2409, section 6.1 and 6.2; RFC 3526, sections 2 to 7; RFC 7919, appendix A.
#[test]
fn primes_of_the_standards_follow_from_pi_and_e() {
    let (pi, e) = (pi(), e());
    let cases = [
        ("rfc2409-modp768", &pi, 149_686),
        ("rfc2409-modp1024", &pi, 129_093),
        ("rfc3526-modp1536", &pi, 741_804),
        ("rfc3526-modp2048", &pi, 124_476),
        ("rfc3526-modp3072", &pi, 1_690_314),
        ("rfc3526-modp4096", &pi, 240_904),
        ("rfc3526-modp6144", &pi, 929_484),
        ("rfc3526-modp8192", &pi, 4_743_158),
        ("ffdhe2048", &e, 560_316),
        ("ffdhe3072", &e, 2_625_351),
        ("ffdhe4096", &e, 5_736_041),
        ("ffdhe6144", &e, 15_705_020),
        ("ffdhe8192", &e, 10_965_728),
    ];
    for (name, constant, added) in cases {
        let row = rows().into_iter().find(|row| row.name == name).expect("in the list");
        assert!(by_formula(row.bits, constant, added) == row.prime, "{name}");
    }
}

/// The orders of their subgroups, as RFC 5114, sections 2.1 to 2.3, and the DSA parameters of Java print them.
#[test]
fn primes_with_a_small_subgroup_have_it() {
    let cases = [
        ("rfc5114-modp1024-160", "F518AA8781A8DF278ABA4E7D64B7CB9D49462353"),
        ("rfc5114-modp2048-224", "801C0D34C58D93FE997177101F80535A4738CEBCBF389A99B36371EB"),
        (
            "rfc5114-modp2048-256",
            "8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3",
        ),
        ("java-512", "962EDDCC369CBA8EBB260EE6B6A126D9346E38C5"),
        ("java-768", "9CDBD84C9F1AC2F38D0F80F42AB952E7338BF511"),
        ("java-1024", "9760508F15230BCCB292B982A2EB840BF0581CF5"),
    ];
    for (name, order) in cases {
        let row = rows().into_iter().find(|row| row.name == name).expect("in the list");
        let order = BigUint::parse_bytes(order.as_bytes(), 16).expect("hexadecimal");
        assert_eq!(BigUint::from_bytes_be(&row.prime) % order, BigUint::from(1_u8), "{name}");
        assert!(!row.is_safe, "{name}");
    }
}

/// Fermat's test with one base: what is not prime fails it, with a chance of error that no accident of copying meets.
#[test]
fn what_is_called_prime_and_safe_is_as_far_as_that_is_cheap() {
    let base = BigUint::from(3_u8);
    let one = BigUint::from(1_u8);
    let is_prime = |number: &BigUint| base.modpow(&(number - &one), number) == one;
    let small = rows().into_iter().filter(|row| row.bits <= 2048);
    let mut checked = 0;
    for row in small {
        let prime = BigUint::from_bytes_be(&row.prime);
        assert_eq!(is_prime(&prime), row.name != "socat-1024", "{}", row.name);
        let half: BigUint = &prime >> 1;
        assert_eq!(is_prime(&half), row.is_safe, "{}", row.name);
        checked += 1;
    }
    assert_eq!(checked, 41, "no field got lost");
}

/// Pi times two to the power of the precision, by Machin's formula.
fn pi() -> BigUint {
    let guard = 64;
    let one = BigUint::from(1_u8) << (PRECISION + guard);
    let arctan_of_inverse = |x: u32| {
        let (mut power, mut sum, mut negative) = (&one / x, BigUint::ZERO, BigUint::ZERO);
        for at in 0_u32.. {
            let term = &power / (2 * at + 1);
            if term == BigUint::ZERO {
                break;
            }
            if at % 2 == 0 {
                sum += term
            } else {
                negative += term
            }
            power /= x * x;
        }
        sum - negative
    };
    let quarter = arctan_of_inverse(5) * 4_u8 - arctan_of_inverse(239);
    quarter >> (guard - 2)
}

/// Euler's number times two to the power of the precision, by its series.
fn e() -> BigUint {
    let guard = 64;
    let mut term = BigUint::from(1_u8) << (PRECISION + guard);
    let mut sum = BigUint::ZERO;
    for at in 1_u32.. {
        sum += &term;
        term /= at;
        if term == BigUint::ZERO {
            break;
        }
    }
    sum >> guard
}

/// Binary digits behind the point: the largest prime has 8,062 of them.
const PRECISION: u32 = 8192;
