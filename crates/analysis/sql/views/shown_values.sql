-- shown_values: one row per counted endpoint and value of its TLS that nobody else should have
--
-- Columns:
--   kind : curve-public-value, finite-field-public-value, server-random, session-id or ticket-key-name, as in capabilities
--   value : SHA-256 of a public value or session id; a random or the name of a ticket's key itself, hexadecimal
--   endpoints : counted endpoints that showed this value
--   hosts : distinct addresses among them
--
-- Ticket keys are a host's own for some hours: within one host they may come again. Public values that a lattice is part of
-- are left out, as they are no key of the server's.
-- Values are expressions, because each column brings its own description, and a union has room for one.

WITH shown AS (
    SELECT
        run_id, target, name, addr, port, protocol, mode,
        CASE WHEN tls_dh_bits IS NULL THEN 'curve-public-value' ELSE 'finite-field-public-value' END AS kind,
        concat(tls_server_public_sha256, '') AS value
    FROM counted
    WHERE tls_server_public_sha256 IS NOT NULL AND coalesce(tls_key_exchange, '') NOT IN ('HYBRID', 'KEM')
    UNION ALL
    SELECT run_id, target, name, addr, port, protocol, mode, 'server-random' AS kind, concat(tls_server_random, '') AS value
    FROM counted
    WHERE tls_server_random IS NOT NULL
    UNION ALL
    SELECT run_id, target, name, addr, port, protocol, mode, 'session-id' AS kind, concat(tls_session_id_sha256, '') AS value
    FROM counted
    WHERE tls_session_id_sha256 IS NOT NULL
    UNION ALL
    SELECT run_id, target, name, addr, port, protocol, mode, 'ticket-key-name' AS kind, concat(tls_ticket_key_name, '') AS value
    FROM counted
    WHERE tls_ticket_key_name IS NOT NULL
),
uses AS (
    SELECT kind, value, count(*) AS endpoints, count(DISTINCT addr) AS hosts
    FROM shown
    GROUP BY kind, value
)
SELECT s.run_id, s.target, s.name, s.addr, s.port, s.protocol, s.mode, s.kind, s.value, u.endpoints, u.hosts
FROM shown s
JOIN uses u ON u.kind = s.kind AND u.value = s.value
