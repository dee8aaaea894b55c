-- T05f · Properties of the cipher suites negotiated: active and passive side by side
--
-- Question: How often do servers choose forward secrecy, and how often a cipher or a key exchange that is too weak today?
--
-- Columns:
--   protocol : word : Protocol : what is spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   property : text : Property : what the suite or the key exchange has
--   endpoints : count : Endpoints : endpoints whose server chose such a suite of our offer
--   endpoints_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   servers : count : Servers : distinct addresses of servers that chose such a suite in a connection
--   servers_of_chosen : share : servers : servers of this service that chose a suite
--   connections : count : Connections : connections whose server chose such a suite
--   connections_of_chosen : share : chosen : connections of this service whose server chose a suite
--   established : count : Established : connections among them that were seen established
--   established_of_all : share : established : connections of this service with a suite that were seen established
--
-- Notes:
--   † STARTTLS. The rows from "RSA" to "other key exchange" are exclusive among endpoints and connections; the others overlap.
--   What counts is the server's choice, whether the handshake completed or not. T05b has the endpoints in wide form.
--   A server that chose several suites counts under each of their properties. A session that is resumed counts as what its suite
--   names, for the key exchange of its first handshake was not heard.
--   Nothing stands where one half has nothing of this service.

WITH properties AS (
    SELECT 1 AS row_, 'forward secret' AS property
    UNION ALL SELECT 2 AS row_, 'RSA' AS property
    UNION ALL SELECT 3 AS row_, 'DHE' AS property
    UNION ALL SELECT 4 AS row_, 'ECDHE' AS property
    UNION ALL SELECT 5 AS row_, 'post-quantum' AS property
    UNION ALL SELECT 6 AS row_, 'PSK' AS property
    UNION ALL SELECT 7 AS row_, 'other key exchange' AS property
    UNION ALL SELECT 8 AS row_, 'anonymous' AS property
    UNION ALL SELECT 9 AS row_, 'export' AS property
    UNION ALL SELECT 10 AS row_, 'NULL' AS property
    UNION ALL SELECT 11 AS row_, 'RC4' AS property
    UNION ALL SELECT 12 AS row_, 'DES' AS property
    UNION ALL SELECT 13 AS row_, '3DES' AS property
    UNION ALL SELECT 14 AS row_, 'CBC' AS property
    UNION ALL SELECT 15 AS row_, 'AEAD' AS property
    UNION ALL SELECT 16 AS row_, 'ChaCha20' AS property
    UNION ALL SELECT 17 AS row_, 'unknown suite' AS property
),
had AS (
    SELECT c.block, c.heading, c.place, c.half, c.server, c.done, p.row_, p.property
    FROM choices_of_both c
    CROSS JOIN properties p
    WHERE
        CASE p.property
            WHEN 'forward secret' THEN c.forward_secret
            WHEN 'RSA' THEN c.key_exchange = 'RSA'
            WHEN 'DHE' THEN c.key_exchange = 'DHE'
            WHEN 'ECDHE' THEN c.key_exchange = 'ECDHE'
            WHEN 'post-quantum' THEN c.key_exchange IN ('HYBRID', 'KEM')
            WHEN 'PSK' THEN c.key_exchange IN ('DHE_PSK', 'ECDHE_PSK', 'PSK', 'RSA_PSK')
            WHEN 'other key exchange' THEN c.key_exchange NOT IN ('DHE', 'DHE_PSK', 'ECDHE', 'ECDHE_PSK', 'HYBRID', 'KEM', 'PSK', 'RSA', 'RSA_PSK')
            WHEN 'anonymous' THEN c.authentication IN ('NULL', 'anon')
            WHEN 'export' THEN c.export
            WHEN 'NULL' THEN c.cipher = 'NULL'
            WHEN 'RC4' THEN c.cipher = 'RC4'
            WHEN 'DES' THEN c.cipher = 'DES_CBC'
            WHEN '3DES' THEN c.cipher = '3DES_EDE_CBC'
            WHEN 'CBC' THEN c.cbc
            WHEN 'AEAD' THEN c.aead
            WHEN 'ChaCha20' THEN c.cipher = 'CHACHA20_POLY1305'
            WHEN 'unknown suite' THEN c.cipher IS NULL
        END
),
sums AS (
    SELECT
        block, heading, place, row_, property,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' AND done THEN 1 ELSE 0 END) AS established
    FROM had
    GROUP BY block, heading, place, row_, property
),
totals AS (
    SELECT
        block,
        sum(CASE WHEN half = 'active' THEN 1 ELSE 0 END) AS endpoints,
        count(DISTINCT server) AS servers,
        sum(CASE WHEN half = 'passive' THEN 1 ELSE 0 END) AS connections,
        sum(CASE WHEN half = 'passive' AND done THEN 1 ELSE 0 END) AS established
    FROM choices_of_both
    GROUP BY block
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.property,
    CASE WHEN t.endpoints > 0 THEN n.endpoints END AS endpoints,
    t.endpoints AS endpoints_of_chosen,
    CASE WHEN t.servers > 0 THEN n.servers END AS servers,
    t.servers AS servers_of_chosen,
    CASE WHEN t.connections > 0 THEN n.connections END AS connections,
    t.connections AS connections_of_chosen,
    CASE WHEN t.connections > 0 THEN n.established END AS established,
    t.established AS established_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.row_
