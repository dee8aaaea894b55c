-- flow_values: one row per counted connection and value of its server's TLS that nobody else should have, as far as it can be seen
--
-- Columns:
--   kind : curve-public-value, finite-field-public-value, server-random, session-id or ticket-key-name, as in shown_values
--   value : SHA-256 of a public value or session id; a random or the name of a ticket's key itself, hexadecimal
--   connections : counted connections in which this value was shown
--   servers : distinct addresses of servers that showed it
--
-- Ticket keys are a server's own for some hours, and so are public values that are used again: within one server they may come
-- again. Public values that a lattice is part of are left out, as they are no key of the server's; tickets of TLS 1.3 are hidden.
-- Values are expressions, because each column brings its own description, and a union has room for one.

WITH shown AS (
    SELECT
        run_id, flow_id, server_addr, server_port, protocol, mode,
        CASE WHEN tls_dh_bits IS NULL THEN 'curve-public-value' ELSE 'finite-field-public-value' END AS kind,
        concat(tls_server_public_sha256, '') AS value
    FROM counted_flows
    WHERE tls_server_public_sha256 IS NOT NULL AND coalesce(tls_key_exchange, '') NOT IN ('HYBRID', 'KEM')
    UNION ALL
    SELECT run_id, flow_id, server_addr, server_port, protocol, mode, 'server-random' AS kind, concat(tls_server_random, '') AS value
    FROM counted_flows
    WHERE tls_server_random IS NOT NULL
    UNION ALL
    SELECT run_id, flow_id, server_addr, server_port, protocol, mode, 'session-id' AS kind, concat(tls_session_id_sha256, '') AS value
    FROM counted_flows
    WHERE tls_session_id_sha256 IS NOT NULL
    UNION ALL
    SELECT run_id, flow_id, server_addr, server_port, protocol, mode, 'ticket-key-name' AS kind, concat(tls_ticket_key_name, '') AS value
    FROM counted_flows
    WHERE tls_ticket_key_name IS NOT NULL
),
uses AS (
    SELECT kind, value, count(*) AS connections, count(DISTINCT server_addr) AS servers
    FROM shown
    GROUP BY kind, value
)
SELECT
    s.run_id, s.flow_id, s.server_addr, s.server_port, s.protocol, s.mode, s.kind, s.value, u.connections, u.servers
FROM shown s
JOIN uses u ON u.kind = s.kind AND u.value = s.value
