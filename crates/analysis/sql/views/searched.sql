-- searched: one row per run and port on which it looked for hosts
--
-- Columns:
--   run_id : the run
--   kind : what kind of work it is: discover, scan or noise
--   state : where it stands
--   started_at : when it began first
--   port : TCP port asked
--   asked : addresses that were sent a probe on this port; NULL: the run was killed, or is at work, and has not said
--
-- A run that was killed is known by those that answered it.
-- Names and ports are expressions, because each column brings its own description, and a union has room for one.

WITH ports AS (
    SELECT concat(run_id, '') AS run_id, port + 0 AS port, CAST(NULL AS BIGINT) AS asked FROM responders
    UNION ALL
    SELECT
        concat(run_id, '') AS run_id, TRY_CAST(replace(name, 'asked-port-', '') AS BIGINT) + 0 AS port,
        CAST(count AS BIGINT) AS asked
    FROM run_counters
    WHERE name LIKE 'asked-port-%' AND TRY_CAST(replace(name, 'asked-port-', '') AS BIGINT) IS NOT NULL
),
searches AS (
    SELECT run_id, port, max(asked) AS asked FROM ports GROUP BY run_id, port
)
SELECT s.run_id, coalesce(r.kind, 'discover') AS kind, coalesce(r.state, 'unknown') AS state, r.started_at, s.port, s.asked
FROM searches s
LEFT JOIN runs r ON r.run_id = s.run_id
