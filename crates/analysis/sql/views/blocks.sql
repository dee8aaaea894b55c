-- blocks: one row per counted protocol and block of a table in which its endpoints stand: its own, and that of all services
--
-- Columns:
--   block : the block: the protocol, or all
--   heading : what is printed for the block; † marks STARTTLS
--   place : place of the block in a table: as in services, strangers after those, all services last

WITH protocols AS (
    SELECT DISTINCT protocol FROM counted
)
SELECT
    p.protocol,
    p.protocol AS block,
    CASE WHEN s.mode = 'starttls' THEN concat(s.title, ' †') ELSE coalesce(s.title, p.protocol) END AS heading,
    coalesce(s.place, 99) AS place
FROM protocols p
LEFT JOIN services s ON s.protocol = p.protocol
UNION ALL
SELECT protocol, 'all' AS block, 'all services' AS heading, 100 AS place FROM protocols
