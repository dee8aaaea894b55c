-- flow_certificates: one row per certificate that a server sent in a counted connection
--
-- Columns:
--   role : end-host (the first of the chain) or intermediate (every other, roots and repeats included)
--   cert_sha256 : SHA-256 of the certificate; joins with certificates
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT run_id, flow_id, client, server_addr, server_port, protocol, mode, 'end-host' AS role, chain[1] AS cert_sha256
FROM counted_flows
WHERE cardinality(chain) > 0
UNION ALL
SELECT
    run_id, flow_id, client, server_addr, server_port, protocol, mode,
    'intermediate' AS role,
    unnest(array_slice(chain, 2, CAST(cardinality(chain) AS BIGINT))) AS cert_sha256
FROM counted_flows
WHERE cardinality(chain) > 1
