-- T05 · Cipher suites negotiated (active)
--
-- Question: Which cipher suites do servers choose from our offer, and do the handshakes complete in them?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   suite : text : Suite : IANA name of the suite chosen; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal; none in the row of the others
--   chosen : count : Chosen : endpoints whose server chose it
--   chosen_of_all : share : chosen : endpoints of this service whose server chose a suite
--   completed : count : Completed : endpoints that completed the handshake in it, Finished checked
--   completed_of_all : share : completed : endpoints of this service that completed a handshake
-- Short note: This is what the server prefers of the offer of the attempt that counts, not everything it supports.
--
-- Notes:
--   † STARTTLS. The 20 most frequent suites of each service; the rest is one row, so that shares add up to 100 %.
--   Chosen, not completed: the handshake failed behind the ServerHello, or it is a suite that we name and do not speak.
--   This is what the server prefers of the offer of the attempt that counts, not everything it supports.

WITH sums AS (
    SELECT
        b.block, b.heading, b.place AS block_place, c.suite, c.suite_code,
        count(*) AS chosen,
        sum(CASE WHEN tls_completed THEN 1 ELSE 0 END) AS completed
    FROM tls_choices c
    JOIN blocks b ON b.protocol = c.protocol
    GROUP BY b.block, b.heading, b.place, c.suite, c.suite_code
),
totals AS (
    SELECT block, sum(chosen) AS chosen, sum(completed) AS completed FROM sums GROUP BY block
),
ranked AS (
    SELECT
        block, heading, block_place, suite, suite_code, chosen, completed,
        row_number() OVER (PARTITION BY block ORDER BY chosen DESC, suite_code) AS place
    FROM sums
),
cut AS (
    SELECT
        block, heading, block_place,
        CASE WHEN place <= 20 THEN suite ELSE '(other suites)' END AS suite,
        CASE WHEN place <= 20 THEN suite_code END AS code,
        sum(chosen) AS chosen,
        sum(completed) AS completed,
        min(place) AS place
    FROM ranked
    GROUP BY
        block, heading, block_place,
        CASE WHEN place <= 20 THEN suite ELSE '(other suites)' END,
        CASE WHEN place <= 20 THEN suite_code END
)
SELECT
    c.block AS protocol,
    c.heading AS service,
    c.suite,
    c.code,
    c.chosen,
    t.chosen AS chosen_of_all,
    c.completed,
    t.completed AS completed_of_all
FROM cut c
JOIN totals t ON t.block = c.block
ORDER BY c.block_place, c.block, c.place
