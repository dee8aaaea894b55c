-- T01b · Background noise: who answers on ports where nothing should be
--
-- Question: Of the addresses asked on arbitrary ports, how many answer, and how many of those complete the handshake?
--
-- Columns:
--   run_id : word : Run : run of the experiment, one per seed; none: all of them
--   port : number : Port : arbitrary TCP port; none: all of them
--   seed : number : Seed : seed of the run, which draws the addresses; none: all of them
--   asked : count : Asked : addresses asked on this port, several ports: on each
--   answered : count : Answered : addresses that answered with SYN and ACK
--   answered_of_asked : share : asked : addresses asked
--   low : number : Low (%) : lower end of the 95 % interval (Wilson) of the share that answers
--   high : number : High (%) : upper end of that interval
--   completed : count : Complete the handshake : addresses that answered and completed a connection when asked again
--   completed_of_answered : share : answered : addresses that answered
--
-- Totals: 1
-- Short: port, seed, asked, answered, low, high
-- Short note: The newest complete noise experiment. The study of 2015 found 0.07–0.1 %.
--
-- Notes:
--   The newest complete noise experiment: each port and seed, each port over all seeds, and all together.
--   The study of 2015 asked 5 arbitrary ports, two seeds, and found that 0.07–0.1 % of the addresses answer.
--   The share times the addresses asked is what T01 and T03 call expected noise.
--   An address that was drawn with two seeds counts twice: the samples are told apart.
--   A run that was killed has not said how many it asked: its line has no share, and the sums leave it out.

WITH lines AS (
    SELECT concat(run_id, '') AS run_id, port, asked, answered, completed FROM noise
    UNION ALL
    SELECT CAST(NULL AS STRING) AS run_id, port, sum(asked) AS asked, sum(answered) AS answered,
        CASE WHEN count(*) = count(completed) THEN sum(completed) END AS completed
    FROM noise
    WHERE asked IS NOT NULL
    GROUP BY port
    UNION ALL
    SELECT CAST(NULL AS STRING) AS run_id, CAST(NULL AS BIGINT) AS port, sum(asked) AS asked, sum(answered) AS answered,
        CASE WHEN count(*) = count(completed) THEN sum(completed) END AS completed
    FROM noise
    WHERE asked IS NOT NULL
    HAVING count(*) > 0
),
numbers AS (
    SELECT
        run_id, port, asked, answered, completed,
        CAST(nullif(asked, 0) AS DOUBLE) AS n,
        CAST(answered AS DOUBLE) / CAST(nullif(asked, 0) AS DOUBLE) AS p,
        CAST(1.959964 AS DOUBLE) AS z
    FROM lines
),
parts AS (
    SELECT
        run_id, port, asked, answered, completed,
        (p + z * z / (2 * n)) / (1 + z * z / n) AS middle,
        z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n) AS half
    FROM numbers
)
SELECT
    x.run_id,
    x.port,
    r.seed,
    x.asked,
    x.answered,
    x.asked AS answered_of_asked,
    CAST(CAST((x.middle - x.half) * 1000000 + 0.5 AS BIGINT) AS DOUBLE) / 10000 AS low,
    CAST(CAST((x.middle + x.half) * 1000000 + 0.5 AS BIGINT) AS DOUBLE) / 10000 AS high,
    x.completed,
    x.answered AS completed_of_answered
FROM parts x
LEFT JOIN runs r ON r.run_id = x.run_id
ORDER BY
    CASE WHEN x.port IS NULL THEN 1 ELSE 0 END, x.port,
    CASE WHEN x.run_id IS NULL THEN 1 ELSE 0 END, r.seed, x.run_id
