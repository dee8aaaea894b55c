-- chain_certificates: one row per certificate sent by a counted endpoint
--
-- Columns:
--   role : end-host (the first of the chain) or intermediate (every other, roots and repeats included)
--   cert_sha256 : SHA-256 of the certificate; joins with certificates
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT run_id, target, name, addr, port, protocol, mode, tls_completed, 'end-host' AS role, chain[1] AS cert_sha256
FROM counted
WHERE cardinality(chain) > 0
UNION ALL
SELECT
    run_id, target, name, addr, port, protocol, mode, tls_completed,
    'intermediate' AS role,
    unnest(array_slice(chain, 2, CAST(cardinality(chain) AS BIGINT))) AS cert_sha256
FROM counted
WHERE cardinality(chain) > 1
