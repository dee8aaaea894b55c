-- blocks: one row per counted protocol and block of a table in which its endpoints and connections stand: its own, and that of all services
--
-- Columns:
--   protocol : the word in probes.protocol or flows.protocol
--   block : the block: the protocol, or all
--   heading : what is printed for the block; † marks STARTTLS
--   place : place of the block in a table: as in services, what only a monitor meets and strangers after those, all services last
--
-- Names are expressions, because each column brings its own description, and a union has room for one.

WITH protocols AS (
    SELECT concat(protocol, '') AS protocol FROM counted
    UNION
    SELECT concat(protocol, '') AS protocol FROM counted_flows
)
SELECT
    p.protocol,
    p.protocol AS block,
    CASE
        WHEN s.mode = 'starttls' THEN concat(s.title, ' †')
        WHEN p.protocol = 'lmtp' THEN 'LMTP †'
        WHEN p.protocol = 'tls' THEN 'TLS, other ports'
        ELSE coalesce(s.title, p.protocol)
    END AS heading,
    coalesce(s.place, CASE p.protocol WHEN 'lmtp' THEN 97 WHEN 'tls' THEN 98 ELSE 99 END) AS place
FROM protocols p
LEFT JOIN services s ON s.protocol = p.protocol
UNION ALL
SELECT protocol, 'all' AS block, 'all services' AS heading, 100 AS place FROM protocols
