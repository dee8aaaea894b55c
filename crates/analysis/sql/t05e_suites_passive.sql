-- T05e · Cipher suites negotiated (passive)
--
-- Question: Which cipher suites do servers choose in traffic, and on how many servers?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the block over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   suite : text : Suite : IANA name of the suite chosen; unknown code points in hexadecimal
--   code : word : Code : its code point, decimal; none in the row of the others
--   chosen : count : Connections : connections whose server chose it
--   chosen_of_all : share : chosen : connections of this service whose server chose a suite
--   established : count : Established : connections among them that were seen established
--   established_of_all : share : established : connections of this service with a suite that were seen established
--   servers : count : Servers : distinct addresses of servers that chose it
--   servers_of_all : share : servers : servers of this service that chose a suite
-- Short note: This is what servers prefer of their clients' offers, not everything they support.
--
-- Notes:
--   † STARTTLS. The 20 most frequent suites of each service; the rest is one row, so that the connections' shares add up to 100 %.
--   A server that chose several suites counts under each. Sessions that are resumed count too.
--   This is what servers prefer of their clients' offers, not everything they support.

WITH choices AS (
    SELECT
        b.block, b.heading, b.place AS block_place, c.suite, c.suite_code, c.server_addr,
        CASE WHEN c.tls_seen_established THEN 1 ELSE 0 END AS established
    FROM flow_choices c
    JOIN blocks b ON b.protocol = c.protocol
),
totals AS (
    SELECT block, count(*) AS chosen, sum(established) AS established, count(DISTINCT server_addr) AS servers
    FROM choices
    GROUP BY block
),
ranked AS (
    SELECT block, suite_code, row_number() OVER (PARTITION BY block ORDER BY chosen DESC, suite_code) AS place
    FROM (SELECT block, suite_code, count(*) AS chosen FROM choices GROUP BY block, suite_code) AS counted_
),
cut AS (
    SELECT
        c.block, c.heading, c.block_place,
        CASE WHEN r.place <= 20 THEN c.suite ELSE '(other suites)' END AS suite,
        CASE WHEN r.place <= 20 THEN c.suite_code END AS code,
        count(*) AS chosen,
        sum(c.established) AS established,
        count(DISTINCT c.server_addr) AS servers,
        min(r.place) AS place
    FROM choices c
    JOIN ranked r ON r.block = c.block AND r.suite_code = c.suite_code
    GROUP BY
        c.block, c.heading, c.block_place,
        CASE WHEN r.place <= 20 THEN c.suite ELSE '(other suites)' END,
        CASE WHEN r.place <= 20 THEN c.suite_code END
)
SELECT
    c.block AS protocol,
    c.heading AS service,
    c.suite,
    c.code,
    c.chosen,
    t.chosen AS chosen_of_all,
    c.established,
    t.established AS established_of_all,
    c.servers,
    t.servers AS servers_of_all
FROM cut c
JOIN totals t ON t.block = c.block
ORDER BY c.block_place, c.block, c.place
