-- service_ports: one row per service and port where it is looked for: where counted probes found it, else where it is expected
--
-- Columns:
--   protocol : service
--   mode : how TLS starts: starttls or implicit
--   port : TCP port
--
-- Values are expressions, because each column brings its own description, and a union has room for one.

WITH probed AS (
    SELECT DISTINCT protocol, mode, port FROM counted WHERE addr IS NOT NULL
)
SELECT concat(protocol, '') AS protocol, concat(mode, '') AS mode, port + 0 AS port FROM probed
UNION ALL
SELECT concat(s.protocol, '') AS protocol, concat(s.mode, '') AS mode, s.port + 0 AS port
FROM services s
LEFT JOIN (SELECT DISTINCT protocol FROM probed) p ON p.protocol = s.protocol
WHERE p.protocol IS NULL
