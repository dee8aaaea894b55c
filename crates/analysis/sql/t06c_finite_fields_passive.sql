-- T06c · Finite-field Diffie-Hellman: primes (passive)
--
-- Question: Which primes do servers use in traffic, and how many servers and connections stand on each?
--
-- Columns:
--   bits : number : Bits : size of the prime
--   prime : text : Prime : its name, or the start of the SHA-256 of the prime
--   prime_sha256 : word : SHA-256 : SHA-256 of the prime without leading zeros
--   safe : text : Safe : whether half of the prime, less one, is prime too: yes, no; unknown for primes without a name
--   generators : text : Generator : smallest generator sent, hexadecimal, `+` if there are others; none where the field was only named
--   servers : count : Servers : distinct addresses of servers that used it
--   servers_of_dhe : share : DHE servers : distinct addresses of servers that used a finite field
--   connections : count : Connections : connections that used it
--   connections_of_dhe : share : DHE connections : connections that used a finite field
--   services : count : Services : different services among them
--   public_values : count : Public values : different public values of the servers; fewer than connections: a key used twice
-- Short note: Only handshakes that came to the server's parameters, completed or not. The smallest primes stand first.
--
-- Notes:
--   Only handshakes that came to the server's parameters, completed or not. The smallest primes stand first.
--   T06 has the same of a scan. Traffic shows what clients and servers really agree on, busy servers most often.

WITH fields AS (
    SELECT server_addr, protocol, dh_bits, dh_prime, dh_prime_sha256, dh_safe_prime, dh_generator, public_value
    FROM flow_choices
    WHERE dh_bits IS NOT NULL
),
totals AS (
    SELECT count(*) AS connections, count(DISTINCT server_addr) AS servers FROM fields
),
primes AS (
    SELECT
        dh_bits AS bits,
        dh_prime AS prime,
        dh_prime_sha256 AS prime_sha256,
        CASE dh_safe_prime WHEN TRUE THEN 'yes' WHEN FALSE THEN 'no' ELSE 'unknown' END AS safe,
        CASE WHEN min(dh_generator) < max(dh_generator) THEN concat(min(dh_generator), ' +') ELSE min(dh_generator) END
            AS generators,
        count(DISTINCT server_addr) AS servers,
        count(*) AS connections,
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
    p.servers,
    t.servers AS servers_of_dhe,
    p.connections,
    t.connections AS connections_of_dhe,
    p.services,
    p.public_values
FROM primes p
CROSS JOIN totals t
ORDER BY p.bits, p.connections DESC, p.prime
