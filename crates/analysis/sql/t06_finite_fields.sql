-- T06 · Finite-field Diffie-Hellman: primes (active)
--
-- Question: Which primes do servers use in finite-field Diffie-Hellman, and how many hosts stand on each?
--
-- Columns:
--   bits : number : Bits : size of the prime
--   prime : text : Prime : its name, or the start of the SHA-256 of the prime
--   prime_sha256 : word : SHA-256 : SHA-256 of the prime without leading zeros
--   safe : text : Safe : whether half of the prime, less one, is prime too: yes, no; unknown for primes without a name
--   generators : text : Generator : smallest generator sent, hexadecimal, `+` if there are others; none where the field was only named
--   hosts : count : Hosts : distinct addresses whose server used it
--   hosts_of_dhe : share : DHE hosts : distinct addresses whose server used a finite field
--   endpoints : count : Endpoints : endpoints whose server used it
--   endpoints_of_dhe : share : DHE endpoints : endpoints whose server used a finite field
--   services : count : Services : different services among them
--   public_values : count : Public values : different public values of the servers; fewer than endpoints: a key used twice
-- Short note: Only handshakes that came to the server's parameters, completed or not. The smallest primes stand first.
--
-- Notes:
--   Only handshakes that came to the server's parameters, completed or not. The smallest primes stand first.
--   Whoever breaks one prime of 512 or 1024 bits breaks every handshake on it: many hosts on one prime are one prize.

WITH fields AS (
    SELECT addr, protocol, dh_bits, dh_prime, dh_prime_sha256, dh_safe_prime, dh_generator, public_value
    FROM tls_choices
    WHERE dh_bits IS NOT NULL
),
totals AS (
    SELECT count(*) AS endpoints, count(DISTINCT addr) AS hosts FROM fields
),
primes AS (
    SELECT
        dh_bits AS bits,
        dh_prime AS prime,
        dh_prime_sha256 AS prime_sha256,
        CASE dh_safe_prime WHEN TRUE THEN 'yes' WHEN FALSE THEN 'no' ELSE 'unknown' END AS safe,
        CASE WHEN min(dh_generator) < max(dh_generator) THEN concat(min(dh_generator), ' +') ELSE min(dh_generator) END
            AS generators,
        count(DISTINCT addr) AS hosts,
        count(*) AS endpoints,
        count(DISTINCT protocol) AS services,
        count(DISTINCT public_value) AS public_values
    FROM fields
    GROUP BY dh_bits, dh_prime, dh_prime_sha256, dh_safe_prime
)
SELECT
    p.bits,
    p.prime,
    p.prime_sha256,
    p.safe,
    p.generators,
    p.hosts,
    t.hosts AS hosts_of_dhe,
    p.endpoints,
    t.endpoints AS endpoints_of_dhe,
    p.services,
    p.public_values
FROM primes p
CROSS JOIN totals t
ORDER BY p.bits, p.endpoints DESC, p.prime
