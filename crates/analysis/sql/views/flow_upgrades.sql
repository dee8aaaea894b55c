-- flow_upgrades: one row per counted connection that begins in plaintext, with what was heard of STARTTLS in it
--
-- Columns:
--   state : how far the upgrade came, as in flows.starttls_state
--   offers : 1: STARTTLS is in the list, or was accepted where no list was heard
--   told : 1: it was heard whether STARTTLS is offered
--   requires : 1: the list says that the upgrade is required (XMPP)

SELECT
    run_id, flow_id, client, server_addr, server_port, protocol, mode,
    starttls_state AS state,
    CASE
        WHEN starttls_offer IN ('yes', 'required')
            OR starttls_state IN ('accepted-no-tls', 'accepted-handshake-failed', 'upgraded') THEN 1
        ELSE 0
    END AS offers,
    CASE
        WHEN starttls_offer IS NOT NULL
            OR starttls_state IN ('accepted-no-tls', 'accepted-handshake-failed', 'upgraded') THEN 1
        ELSE 0
    END AS told,
    CASE WHEN starttls_offer = 'required' THEN 1 ELSE 0 END AS requires
FROM counted_flows
WHERE mode = 'starttls'
