-- authentication_lists: one row per counted endpoint that speaks the protocol and stage that it came to, with its list of mechanisms
--
-- Columns:
--   stage : before TLS, after TLS (both with STARTTLS) or implicit TLS
--   list_read : whether the capability list of this stage was read
--   mechanisms : mechanisms in the server's order, first mention of each; NULL: none offered, or the list was not read
--   combination : the same as text, separated by spaces; empty: none
--   login_disabled : IMAP LOGINDISABLED at this stage
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT
    run_id, target, name, addr, port, protocol, mode,
    'before TLS' AS stage,
    capabilities_before_seen = 'seen' AS list_read,
    array_distinct(mechanisms_before) AS mechanisms,
    coalesce(array_to_string(array_distinct(mechanisms_before), ' '), '') AS combination,
    login_disabled_before AS login_disabled
FROM counted
WHERE speaks_protocol = 'yes' AND capabilities_before_seen <> 'unasked'
UNION ALL
SELECT
    run_id, target, name, addr, port, protocol, mode,
    CASE WHEN mode = 'implicit' THEN 'implicit TLS' ELSE 'after TLS' END AS stage,
    capabilities_after_seen = 'seen' AS list_read,
    array_distinct(mechanisms_after) AS mechanisms,
    coalesce(array_to_string(array_distinct(mechanisms_after), ' '), '') AS combination,
    login_disabled_after AS login_disabled
FROM counted
WHERE speaks_protocol = 'yes' AND tls_completed AND capabilities_after_seen <> 'unasked'
