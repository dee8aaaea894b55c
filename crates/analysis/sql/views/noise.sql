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
    SELECT
        n.run_id, n.port, n.asked, r.addr,
        CASE WHEN r.addr IS NULL THEN 0 ELSE 1 END AS answered,
        max(CASE WHEN r.kind = 'connected' THEN 1 ELSE 0 END) AS completed
    FROM noise_runs n
    LEFT JOIN responders r ON r.run_id = n.run_id AND r.port = n.port AND r.kind IN ('synack', 'connected')
    GROUP BY n.run_id, n.port, n.asked, r.addr
),
sums AS (
    SELECT run_id, port, asked, sum(answered) AS answered, sum(completed) AS completed
    FROM endpoints
    GROUP BY run_id, port, asked
),
tried AS (
    SELECT run_id, port, asked, answered, completed, max(completed) OVER (PARTITION BY run_id) AS most FROM sums
)
SELECT
    t.run_id, r.seed, t.port, t.asked, t.answered,
    CASE WHEN t.most > 0 OR c.run_id IS NOT NULL THEN t.completed END AS completed
FROM tried t
LEFT JOIN runs r ON r.run_id = t.run_id
LEFT JOIN run_counters c ON c.run_id = t.run_id AND c.name = 'followed-up'
