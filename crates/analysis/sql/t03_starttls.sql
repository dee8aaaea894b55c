-- T03 · STARTTLS: offered, refused, upgraded (active)
--
-- Question: How far does the upgrade to TLS come, per service with STARTTLS?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the row over all services with STARTTLS
--   service : text : Service : name of the service
--   answered : count : Answered : hosts that answered discovery with SYN and ACK, or completed a connection; none: no discovery
--   answered_of_asked : share : asked : addresses that were sent a probe on this port
--   noise : count : Expected noise : how many of them answer on any port: the share that the noise experiment found, of the addresses asked
--   noise_of_answered : share : answered : hosts that answered discovery
--   endpoints : count : Endpoints : probes made, one per address (and name) and port
--   not_probed : count : Not probed : held back by us (blocked, over budget) or name without address
--   no_answer : count : No answer : no TCP connection, or not one byte from the peer
--   not_the_protocol : count : Not the protocol : the peer speaks something else
--   ended_early : count : Ended early : the conversation ended before it was known whether STARTTLS is offered, or before an answer
--   not_offered : count : Not offered : STARTTLS is not in the capability list
--   not_offered_of_speakers : share : speakers : endpoints that speak the protocol
--   mangled : count : Mangled : the keyword is in the list, overwritten by a middlebox
--   refused : count : Refused : asked for, and the server said no
--   reply_unseen : count : Reply unseen : asked for; no answer was seen
--   accepted_no_tls : count : Accepted, no TLS : go-ahead given, then no TLS record from the server
--   handshake_failed : count : Accepted, handshake failed : go-ahead given, TLS spoken, handshake not completed
--   upgraded : count : Upgraded : TLS handshake completed after the go-ahead
--   upgraded_of_speakers : share : speakers : endpoints that speak the protocol
--   upgraded_of_offered : share : offering : endpoints that offer STARTTLS
--   other : count : Other : states that this table does not know (another version's, the monitor's)
--   speakers : count : Speak the protocol : endpoints whose first words are of the protocol
--   speakers_of_endpoints : share : endpoints : probes made
--   offered : count : Offer STARTTLS : in the capability list, or accepted where the server has no list
--   offered_of_speakers : share : speakers : endpoints that speak the protocol
--   required : count : Require STARTTLS : the list says that the upgrade is required (XMPP)
--   required_of_offered : share : offering : endpoints that offer STARTTLS
--
-- Totals: 1
-- Short: service, speakers, offered, refused, accepted_no_tls, handshake_failed, upgraded
-- Short note: Upgraded is not verified: whether the certificate holds is another table's question.
--
-- Notes:
--   The columns from "Not probed" to "Other" are exclusive and add up to the endpoints.
--   Upgraded is not verified: whether the certificate holds is another table's question.

WITH states AS (
    SELECT
        protocol,
        starttls_state AS state,
        speaks_protocol = 'yes' AS speaks,
        coalesce(starttls_offer, '') IN ('yes', 'required')
            OR starttls_state IN ('accepted-no-tls', 'accepted-handshake-failed', 'upgraded') AS offers,
        coalesce(starttls_offer, '') = 'required' AS requires
    FROM counted
    WHERE mode = 'starttls'
),
scoped AS (
    SELECT protocol, state, speaks, offers, requires FROM states
    UNION ALL
    SELECT 'all' AS protocol, state, speaks, offers, requires FROM states
),
sums AS (
    SELECT
        protocol,
        count(*) AS endpoints,
        sum(CASE WHEN state = 'unasked' THEN 1 ELSE 0 END) AS not_probed,
        sum(CASE WHEN state = 'no-answer' THEN 1 ELSE 0 END) AS no_answer,
        sum(CASE WHEN state = 'not-the-protocol' THEN 1 ELSE 0 END) AS not_the_protocol,
        sum(CASE WHEN state = 'unreached' THEN 1 ELSE 0 END) AS ended_early,
        sum(CASE WHEN state = 'not-offered' THEN 1 ELSE 0 END) AS not_offered,
        sum(CASE WHEN state = 'offered-mangled' THEN 1 ELSE 0 END) AS mangled,
        sum(CASE WHEN state = 'refused' THEN 1 ELSE 0 END) AS refused,
        sum(CASE WHEN state = 'reply-unseen' THEN 1 ELSE 0 END) AS reply_unseen,
        sum(CASE WHEN state = 'accepted-no-tls' THEN 1 ELSE 0 END) AS accepted_no_tls,
        sum(CASE WHEN state = 'accepted-handshake-failed' THEN 1 ELSE 0 END) AS handshake_failed,
        sum(CASE WHEN state = 'upgraded' THEN 1 ELSE 0 END) AS upgraded,
        sum(CASE WHEN speaks THEN 1 ELSE 0 END) AS speakers,
        sum(CASE WHEN offers THEN 1 ELSE 0 END) AS offered,
        sum(CASE WHEN requires THEN 1 ELSE 0 END) AS required
    FROM scoped
    GROUP BY protocol
)
SELECT
    n.protocol,
    CASE WHEN n.protocol = 'all' THEN 'all with STARTTLS' ELSE coalesce(s.title, n.protocol) END AS service,
    d.answered,
    d.asked AS answered_of_asked,
    d.noise,
    d.answered AS noise_of_answered,
    n.endpoints,
    n.not_probed,
    n.no_answer,
    n.not_the_protocol,
    n.ended_early,
    n.not_offered,
    n.speakers AS not_offered_of_speakers,
    n.mangled,
    n.refused,
    n.reply_unseen,
    n.accepted_no_tls,
    n.handshake_failed,
    n.upgraded,
    n.speakers AS upgraded_of_speakers,
    n.offered AS upgraded_of_offered,
    n.endpoints - n.not_probed - n.no_answer - n.not_the_protocol - n.ended_early - n.not_offered - n.mangled
        - n.refused - n.reply_unseen - n.accepted_no_tls - n.handshake_failed - n.upgraded AS other,
    n.speakers,
    n.endpoints AS speakers_of_endpoints,
    n.offered,
    n.speakers AS offered_of_speakers,
    n.required,
    n.offered AS required_of_offered
FROM sums n
LEFT JOIN services s ON s.protocol = n.protocol
LEFT JOIN discovered d ON d.block = CASE WHEN n.protocol = 'all' THEN 'starttls' ELSE n.protocol END
ORDER BY CASE WHEN n.protocol = 'all' THEN 100 ELSE coalesce(s.place, 99) END, n.protocol
