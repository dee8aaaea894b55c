-- choices_of_both: one row per block of a table and counted endpoint or connection in it whose server chose a cipher suite
--
-- Columns:
--   block : the block: a protocol, or all
--   heading : what is printed for the block; † marks STARTTLS
--   place : place of the block in a table
--   half : active: an endpoint that was probed; passive: a connection that was watched
--   server : the address of the server, where a connection was watched; NULL: an endpoint
--   done : the handshake was completed (active) or seen through (passive)
--   key_exchange : kind of key exchange, as in tls_choices
--   authentication : how the server proves who it is; anon: not at all; NULL: unknown suite
--   cipher : cipher with its mode; NULL: unknown suite
--   export : the suite was made weak on purpose for export; NULL: unknown suite
--   cbc : a block cipher in CBC mode; NULL: unknown suite
--   aead : cipher and integrity in one; NULL: unknown suite
--   forward_secret : the handshake has a fresh key on both sides; NULL: unknown suite
--   group_name : group of the key exchange; NULL: none, or it ended before
--   group_code : its code point
--   group_kind : its kind
--   dh_bits : size of the finite field's prime in bits; NULL: none, or it ended before
--
-- Values are expressions, because each column brings its own description, and a union has room for one.

WITH choices AS (
    SELECT
        'active' AS half, concat(protocol, '') AS protocol, CAST(NULL AS STRING) AS server, tls_completed AND TRUE AS done,
        key_exchange, authentication, cipher, export, cbc, aead, forward_secret,
        group_name, group_code + 0 AS group_code, group_kind, dh_bits + 0 AS dh_bits
    FROM tls_choices
    UNION ALL
    SELECT
        'passive' AS half, concat(protocol, '') AS protocol, concat(server_addr, '') AS server,
        tls_seen_established AND TRUE AS done,
        key_exchange, authentication, cipher, export, cbc, aead, forward_secret,
        group_name, group_code + 0 AS group_code, group_kind, dh_bits + 0 AS dh_bits
    FROM flow_choices
)
SELECT
    b.block, b.heading, b.place, c.half, c.server, c.done,
    c.key_exchange, c.authentication, c.cipher, c.export, c.cbc, c.aead, c.forward_secret,
    c.group_name, c.group_code, c.group_kind, c.dh_bits
FROM choices c
JOIN blocks b ON b.protocol = c.protocol
