-- T05g · Kinds of cipher suites that clients offer (passive)
--
-- Question: What do clients still offer that is too weak today, and what already that is good?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   kind : word : Kind : forward-secret, kex-rsa, rc4, export and so on, as in the view offered_suites
--   kind_title : text : Suites : kind of suite in the client's hello
--   connections : count : Connections : connections whose client offers one
--   connections_of_hellos : share : hellos : connections of this service whose client's hello was heard
--   alone : count : Nothing else : connections whose client offers no suite of another kind
--   alone_of_connections : share : offering : connections whose client offers one
--   clients : count : Clients : distinct keyed hashes of clients that offer one
--   clients_of_all : share : clients : clients of this service whose hello was heard
--
-- Notes:
--   † STARTTLS. Kinds overlap, so shares add up to more than 100 %. What servers choose of it stands in T05e and T05f.
--   Forward secret: suites of TLS 1.3 too, which name no key exchange. Export suites of RC4, RC2 and DES stand under both.

WITH totals AS (
    SELECT b.block, count(*) AS hellos, count(DISTINCT o.client) AS clients
    FROM flow_offers o
    JOIN blocks b ON b.protocol = o.protocol
    GROUP BY b.block
),
sums AS (
    SELECT
        b.block, b.heading, b.place, s.kind, s.kind_place,
        count(*) AS connections,
        sum(CASE WHEN s.alone THEN 1 ELSE 0 END) AS alone,
        count(DISTINCT s.client) AS clients
    FROM offered_suites s
    JOIN blocks b ON b.protocol = s.protocol
    GROUP BY b.block, b.heading, b.place, s.kind, s.kind_place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.kind,
    CASE n.kind
        WHEN 'tls13' THEN 'of TLS 1.3'
        WHEN 'forward-secret' THEN 'forward secret'
        WHEN 'kex-rsa' THEN 'RSA key exchange'
        WHEN 'aead' THEN 'AEAD'
        WHEN 'chacha20' THEN 'ChaCha20'
        WHEN 'cbc' THEN 'CBC'
        WHEN 'triple-des' THEN '3DES'
        WHEN 'rc4' THEN 'RC4'
        WHEN 'des' THEN 'DES'
        WHEN 'null-cipher' THEN 'NULL'
        WHEN 'ssl2' THEN 'of SSL 2'
        WHEN 'fallback-signal' THEN 'signal of a fall-back (RFC 7507)'
        ELSE n.kind
    END AS kind_title,
    n.connections,
    t.hellos AS connections_of_hellos,
    n.alone,
    n.connections AS alone_of_connections,
    n.clients,
    t.clients AS clients_of_all
FROM sums n
JOIN totals t ON t.block = n.block
ORDER BY n.place, n.block, n.kind_place
