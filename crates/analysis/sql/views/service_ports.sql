-- service_ports: one row per service and port where it is looked for: where counted probes found it, else where it is expected
--
-- Columns:
--   protocol : service
--   mode : how TLS starts: starttls or implicit
--   port : TCP port
--
-- One pass over the probes: a query that reads this view many times plans it as often.

SELECT
    coalesce(p.protocol, s.protocol) AS protocol,
    coalesce(p.mode, s.mode) AS mode,
    coalesce(p.port + 0, s.port + 0) AS port
FROM services s
FULL JOIN (SELECT DISTINCT protocol, mode, port FROM counted WHERE addr IS NOT NULL) p ON p.protocol = s.protocol
