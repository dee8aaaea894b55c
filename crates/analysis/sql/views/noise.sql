-- noise: one row per run and port of the noise experiment that counts
--
-- Columns:
--   run_id : run of the experiment; each has a seed of its own
--   seed : its seed
--   port : arbitrary TCP port
--   asked : addresses asked; NULL: the run was killed and has not said
--   answered : addresses that answered with SYN and ACK, or completed a connection
--   completed : addresses among them that completed the handshake; NULL: it was not tried

WITH endpoints AS (
    SELECT r.run_id, r.port, r.addr, max(CASE WHEN r.kind = 'connected' THEN 1 ELSE 0 END) AS completed
    FROM responders r
    JOIN (SELECT DISTINCT run_id FROM noise_runs) n ON n.run_id = r.run_id
    WHERE r.kind IN ('synack', 'connected')
    GROUP BY r.run_id, r.port, r.addr
),
sums AS (
    SELECT run_id, port, count(*) AS answered, sum(completed) AS completed FROM endpoints GROUP BY run_id, port
),
followed AS (
    SELECT concat(run_id, '') AS run_id FROM endpoints WHERE completed = 1
    UNION
    SELECT concat(run_id, '') AS run_id FROM run_counters WHERE name = 'followed-up'
)
SELECT
    n.run_id, r.seed, n.port, n.asked,
    coalesce(s.answered, 0) AS answered,
    CASE WHEN f.run_id IS NOT NULL THEN coalesce(s.completed, 0) END AS completed
FROM noise_runs n
LEFT JOIN runs r ON r.run_id = n.run_id
LEFT JOIN sums s ON s.run_id = n.run_id AND s.port = n.port
LEFT JOIN followed f ON f.run_id = n.run_id
