-- supported: one row per block of a table and thing that servers in it have, by enumeration, whatever they prefer
--
-- Columns:
--   block : the block: a protocol, or all
--   heading : what is printed for the block; † marks STARTTLS
--   place : place of the block in a table
--   kind : suite, group and so on, as in enumerated
--   thing : its name
--   code : its code point
--   supported : endpoints whose server has it, in any version
--   enumerated : endpoints of the block with a thing of this kind
--   favourite : endpoints whose server puts it first in a version, where the server's order counts

WITH things AS (
    SELECT
        b.block, b.heading, b.place, e.protocol, e.run_id, e.target, e.addr, e.port, e.kind, e.thing, e.code,
        max(CASE WHEN e.rank = 0 THEN 1 ELSE 0 END) AS favourite
    FROM enumerated e
    JOIN blocks b ON b.protocol = e.protocol
    WHERE e.supported
    GROUP BY b.block, b.heading, b.place, e.protocol, e.run_id, e.target, e.addr, e.port, e.kind, e.thing, e.code
),
totals AS (
    SELECT block, kind, count(*) AS enumerated
    FROM (SELECT DISTINCT block, kind, protocol, run_id, target, addr, port FROM things) AS endpoints_
    GROUP BY block, kind
),
sums AS (
    SELECT block, heading, place, kind, thing, code, count(*) AS supported, sum(favourite) AS favourite
    FROM things
    GROUP BY block, heading, place, kind, thing, code
)
SELECT n.block, n.heading, n.place, n.kind, n.thing, n.code, n.supported, t.enumerated, n.favourite
FROM sums n
JOIN totals t ON t.block = n.block AND t.kind = n.kind
