-- T04b · TLS versions negotiated, every code point (active)
--
-- Question: Which version code points do servers choose, known to us or not, and do the handshakes complete?
--
-- Columns:
--   protocol : word : Protocol : service asked for
--   service : text : Service : name of the service; † marks STARTTLS
--   version : text : Version : name of the version chosen; unknown code points in hexadecimal
--   code : number : Code : its code point, decimal
--   chosen : count : Chosen : endpoints whose server chose it
--   completed : count : Completed : endpoints that completed the handshake in it
--   completed_of_all : share : completed : handshakes completed in this service, any version
--
-- Notes:
--   † STARTTLS. Only endpoints whose server chose a version; T04 counts the others.

WITH choices AS (
    SELECT
        protocol,
        tls_version AS version,
        tls_version_code AS code,
        count(*) AS chosen,
        sum(CASE WHEN tls_completed THEN 1 ELSE 0 END) AS completed
    FROM counted
    WHERE tls_version_seen = 'seen'
    GROUP BY protocol, tls_version, tls_version_code
),
totals AS (
    SELECT protocol, sum(completed) AS completed FROM choices GROUP BY protocol
)
SELECT
    c.protocol,
    b.heading AS service,
    c.version,
    c.code,
    c.chosen,
    c.completed,
    t.completed AS completed_of_all
FROM choices c
JOIN totals t ON t.protocol = c.protocol
JOIN blocks b ON b.block = c.protocol
ORDER BY b.place, c.protocol, c.code
