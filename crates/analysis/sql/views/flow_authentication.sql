-- flow_authentication: one row per counted connection that begins in plaintext, with the server's list of mechanisms before TLS
--
-- Columns:
--   list_read : whether the capability list was read
--   combination : mechanisms in the server's order, first mention of each, separated by spaces; empty: none, or the list was not read
--   login_disabled : IMAP LOGINDISABLED; NULL: the list was not read
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT
    run_id, flow_id, client, server_addr, server_port, protocol, mode,
    capabilities_before_seen = 'seen' AS list_read,
    coalesce(array_to_string(array_distinct(mechanisms_before), ' '), '') AS combination,
    login_disabled_before AS login_disabled
FROM counted_flows
WHERE capabilities_before_seen <> 'unasked'
