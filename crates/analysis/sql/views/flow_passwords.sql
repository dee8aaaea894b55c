-- flow_passwords: one row per way of authentication that a client was seen to use in plaintext in a counted connection
--
-- Columns:
--   mechanism : name of the way
--   starttls_offered : the server's list offers STARTTLS; NULL: the list was not read
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT DISTINCT
    run_id, flow_id, client, server_addr, server_port, protocol, mode,
    starttls_offer IN ('yes', 'required') AS starttls_offered,
    mechanism
FROM (
    SELECT
        run_id, flow_id, client, server_addr, server_port, protocol, mode, starttls_offer,
        unnest(plaintext_authentication) AS mechanism
    FROM counted_flows
    WHERE cardinality(plaintext_authentication) > 0
) AS used
