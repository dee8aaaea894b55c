-- flow_mechanisms: one row per mechanism offered in plaintext in a counted connection whose list was read; one row with NULL where none is offered
--
-- Columns:
--   mechanism : name as sent, upper case; NULL: none offered
--   source : form in which it was offered: listed, old-form, apop-banner, user-capability, sasl2
--
-- List functions of the query engine stand in views only, so that the tables' own SQL runs elsewhere too.

SELECT
    run_id, flow_id, client, server_addr, server_port, protocol, mode,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_before), 0) > 0 THEN mechanisms_before ELSE make_array(NULL) END)
        AS mechanism,
    unnest(CASE WHEN coalesce(cardinality(mechanisms_before), 0) > 0 THEN mechanism_sources_before ELSE make_array(NULL) END)
        AS source
FROM counted_flows
WHERE capabilities_before_seen = 'seen'
