-- discovered: one row per block of a table in which hosts were looked for
--
-- Columns:
--   block : a protocol; port-N where port N belongs to no service; starttls: all services with STARTTLS; all: everything
--   port_low : lowest port
--   port_high : highest port
--   asked : addresses that were sent a probe; NULL: a run was killed and has not said, or the block has several services
--   answered : distinct addresses that answered with SYN and ACK, or completed a connection
--   noise : how many of them answer on any port: the share that the noise experiment found, times the addresses asked, rounded; NULL: unknown
--   first_answer : when the first answer came, UTC
--   last_answer : when the last one came, UTC

WITH shares AS (
    SELECT CAST(sum(answered) AS DOUBLE) / CAST(sum(asked) AS DOUBLE) AS share FROM noise WHERE asked > 0
),
places AS (
    SELECT
        coalesce(s.protocol, concat('port-', CAST(d.port AS STRING))) AS block,
        coalesce(s.mode, '') AS mode, d.run_id, d.port, d.asked
    FROM discoveries d
    LEFT JOIN service_ports s ON s.port = d.port
),
scopes AS (
    SELECT 'own' AS scope UNION ALL SELECT 'starttls' AS scope UNION ALL SELECT 'all' AS scope
),
scoped AS (
    SELECT
        CASE WHEN x.scope = 'own' THEN p.block ELSE x.scope END AS block,
        p.run_id, p.port,
        CASE WHEN x.scope = 'own' THEN p.asked END AS asked
    FROM places p
    CROSS JOIN scopes x
    WHERE x.scope <> 'starttls' OR p.mode = 'starttls'
),
blocks_asked AS (
    SELECT
        block, min(port) AS port_low, max(port) AS port_high,
        CASE WHEN count(*) = count(asked) THEN sum(asked) END AS asked
    FROM scoped
    GROUP BY block
),
hosts AS (
    SELECT s.block, r.addr, min(r.at) AS first_answer, max(r.at) AS last_answer
    FROM scoped s
    JOIN counted_responders r ON r.run_id = s.run_id AND r.port = s.port
    WHERE r.kind IN ('synack', 'connected')
    GROUP BY s.block, r.addr
),
sums AS (
    SELECT block, count(*) AS answered, min(first_answer) AS first_answer, max(last_answer) AS last_answer
    FROM hosts
    GROUP BY block
)
SELECT
    b.block, b.port_low, b.port_high, b.asked,
    coalesce(n.answered, 0) AS answered,
    CAST(x.share * CAST(b.asked AS DOUBLE) + 0.5 AS BIGINT) AS noise,
    n.first_answer, n.last_answer
FROM blocks_asked b
LEFT JOIN sums n ON n.block = b.block
CROSS JOIN shares x
