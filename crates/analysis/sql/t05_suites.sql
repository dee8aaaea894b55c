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
--
-- Notes:
--   † STARTTLS. The 20 most frequent suites of each service; the rest is one row, so that shares add up to 100 %.
--   Chosen, not completed: the handshake failed behind the ServerHello, or it is a suite that we name and do not speak.
--   This is what the server prefers of the offer of the attempt that counts, not everything it supports.

WITH choices AS (
    SELECT protocol, suite, suite_code, tls_completed FROM tls_choices
    UNION ALL
    SELECT 'all' AS protocol, suite, suite_code, tls_completed FROM tls_choices
),
sums AS (
    SELECT
        protocol, suite, suite_code,
        count(*) AS chosen,
        sum(CASE WHEN tls_completed THEN 1 ELSE 0 END) AS completed
    FROM choices
    GROUP BY protocol, suite, suite_code
),
totals AS (
    SELECT protocol, sum(chosen) AS chosen, sum(completed) AS completed FROM sums GROUP BY protocol
),
ranked AS (
    SELECT
        protocol, suite, suite_code, chosen, completed,
        row_number() OVER (PARTITION BY protocol ORDER BY chosen DESC, suite_code) AS place
    FROM sums
),
cut AS (
    SELECT
        protocol,
        CASE WHEN place <= 20 THEN suite ELSE '(other suites)' END AS suite,
        CASE WHEN place <= 20 THEN suite_code END AS code,
        sum(chosen) AS chosen,
        sum(completed) AS completed,
        min(place) AS place
    FROM ranked
    GROUP BY protocol, CASE WHEN place <= 20 THEN suite ELSE '(other suites)' END, CASE WHEN place <= 20 THEN suite_code END
)
SELECT
    c.protocol,
    CASE
        WHEN c.protocol = 'all' THEN 'all services'
        WHEN s.mode = 'starttls' THEN concat(s.title, ' †')
        ELSE coalesce(s.title, c.protocol)
    END AS service,
    c.suite,
    c.code,
    c.chosen,
    t.chosen AS chosen_of_all,
    c.completed,
    t.completed AS completed_of_all
FROM cut c
JOIN totals t ON t.protocol = c.protocol
LEFT JOIN services s ON s.protocol = c.protocol
ORDER BY CASE WHEN c.protocol = 'all' THEN 100 ELSE coalesce(s.place, 99) END, c.protocol, c.place
