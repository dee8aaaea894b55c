-- authentication_offers: one row per mechanism offered by a counted endpoint at a stage; one row with NULL where none is offered or the list was not read
--
-- Columns:
--   stage : before TLS, after TLS (both with STARTTLS) or implicit TLS
--   list_read : whether the capability list of this stage was read
--   mechanism : name as sent, upper case; NULL: none offered, or the list was not read
--   source : form in which it was offered: listed, old-form, apop-banner, user-capability, sasl2
--   login_disabled : IMAP LOGINDISABLED at this stage
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT
    run_id, target, name, addr, port, protocol, mode,
    'before TLS' AS stage,
    capabilities_before_seen = 'seen' AS list_read,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_before), 0) > 0 THEN mechanisms_before ELSE make_array(NULL) END)
        AS mechanism,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_before), 0) > 0 THEN mechanism_sources_before ELSE make_array(NULL) END)
        AS source,
    login_disabled_before AS login_disabled
FROM counted
WHERE speaks_protocol = 'yes' AND capabilities_before_seen <> 'unasked'
UNION ALL
SELECT
    run_id, target, name, addr, port, protocol, mode,
    CASE WHEN mode = 'implicit' THEN 'implicit TLS' ELSE 'after TLS' END AS stage,
    capabilities_after_seen = 'seen' AS list_read,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_after), 0) > 0 THEN mechanisms_after ELSE make_array(NULL) END)
        AS mechanism,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_after), 0) > 0 THEN mechanism_sources_after ELSE make_array(NULL) END)
        AS source,
    login_disabled_after AS login_disabled
FROM counted
WHERE speaks_protocol = 'yes' AND tls_completed AND capabilities_after_seen <> 'unasked'
