-- T03b · STARTTLS: offered, used, refused, upgraded (passive)
--
-- Question: How many servers offer STARTTLS, in how many connections do they, and how many of these are upgraded?
--
-- Columns:
--   protocol : word : Protocol : what was spoken; `all` is the row over all services with STARTTLS
--   service : text : Service : name of the service
--   connections : count : Connections : connections in which this was spoken
--   not_the_protocol : count : Not the protocol : the server speaks something else
--   ended_early : count : Ended early : it was never heard whether STARTTLS is offered, or not answered; silence too
--   not_offered : count : Not offered : STARTTLS is not in the capability list
--   not_offered_of_connections : share : connections : connections in which this was spoken
--   mangled : count : Mangled : the keyword is in the list, overwritten by a middlebox
--   unused : count : Offered, unused : offered, and the client went on without
--   unused_of_offering : share : offering : connections in which STARTTLS is offered
--   refused : count : Refused : asked for, and the server said no
--   refused_of_connections : share : connections : connections in which this was spoken
--   reply_unseen : count : Reply unseen : asked for; no answer that could be understood was captured
--   accepted_no_tls : count : Accepted, no TLS : go-ahead given, then no TLS record from the server
--   handshake_failed : count : Accepted, handshake failed : go-ahead given, TLS spoken, handshake not completed
--   upgraded : count : Upgraded : both sides went over to protected records after the go-ahead
--   upgraded_of_connections : share : connections : connections in which this was spoken
--   upgraded_of_offering : share : offering : connections in which STARTTLS is offered
--   other : count : Other : states that this table does not know
--   offering : count : Offering : connections in which STARTTLS is in the capability list, or accepted where no list was heard
--   offering_of_connections : share : connections : connections in which this was spoken
--   offering_of_told : share : told : connections in which it was heard whether STARTTLS is offered
--   required : count : Requiring : connections whose list says that the upgrade is required (XMPP)
--   required_of_offering : share : offering : connections in which STARTTLS is offered
--   servers : count : Servers : distinct addresses of servers
--   servers_told : count : Servers heard : servers of which it was heard whether they offer STARTTLS
--   servers_told_of_servers : share : servers : distinct addresses of servers
--   servers_supporting : count : Servers supporting : servers that offered STARTTLS in a connection
--   servers_supporting_of_told : share : servers heard : servers of which it was heard
--   servers_upgraded : count : Servers upgraded : servers with a connection that was upgraded
--   servers_upgraded_of_supporting : share : supporting : servers that offered STARTTLS
--
-- Totals: 1
-- Short: service, connections, offering, refused, upgraded, servers_told, servers_supporting
-- Short note: Upgraded is not verified: whether the client would have taken any certificate cannot be seen.
--
-- Notes:
--   The columns from "Not the protocol" to "Other" are exclusive and add up to the connections.
--   Offering: in the list (mangled is not), or accepted where no list was heard. A refusal without a list is no offer.
--   In one-sided captures and those that begin midstream the list is not heard: hence the shares of what was.
--   Upgraded is not verified: whether the client would have taken any certificate cannot be seen.

WITH scoped AS (
    SELECT protocol, server_addr, state, offers, told, requires FROM flow_upgrades
    UNION ALL
    SELECT 'all' AS protocol, server_addr, state, offers, told, requires FROM flow_upgrades
),
sums AS (
    SELECT
        protocol,
        count(*) AS connections,
        sum(CASE WHEN state = 'not-the-protocol' THEN 1 ELSE 0 END) AS not_the_protocol,
        sum(CASE WHEN state IN ('unreached', 'no-answer') THEN 1 ELSE 0 END) AS ended_early,
        sum(CASE WHEN state = 'not-offered' THEN 1 ELSE 0 END) AS not_offered,
        sum(CASE WHEN state = 'offered-mangled' THEN 1 ELSE 0 END) AS mangled,
        sum(CASE WHEN state = 'offered-unused' THEN 1 ELSE 0 END) AS unused,
        sum(CASE WHEN state = 'refused' THEN 1 ELSE 0 END) AS refused,
        sum(CASE WHEN state = 'reply-unseen' THEN 1 ELSE 0 END) AS reply_unseen,
        sum(CASE WHEN state = 'accepted-no-tls' THEN 1 ELSE 0 END) AS accepted_no_tls,
        sum(CASE WHEN state = 'accepted-handshake-failed' THEN 1 ELSE 0 END) AS handshake_failed,
        sum(CASE WHEN state = 'upgraded' THEN 1 ELSE 0 END) AS upgraded,
        sum(offers) AS offering,
        sum(told) AS told,
        sum(requires) AS required,
        count(DISTINCT server_addr) AS servers,
        count(DISTINCT CASE WHEN told = 1 THEN server_addr END) AS servers_told,
        count(DISTINCT CASE WHEN offers = 1 THEN server_addr END) AS servers_supporting,
        count(DISTINCT CASE WHEN state = 'upgraded' THEN server_addr END) AS servers_upgraded
    FROM scoped
    GROUP BY protocol
)
SELECT
    n.protocol,
    CASE n.protocol WHEN 'all' THEN 'all with STARTTLS' WHEN 'lmtp' THEN 'LMTP' ELSE coalesce(s.title, n.protocol) END AS service,
    n.connections,
    n.not_the_protocol,
    n.ended_early,
    n.not_offered,
    n.connections AS not_offered_of_connections,
    n.mangled,
    n.unused,
    n.offering AS unused_of_offering,
    n.refused,
    n.connections AS refused_of_connections,
    n.reply_unseen,
    n.accepted_no_tls,
    n.handshake_failed,
    n.upgraded,
    n.connections AS upgraded_of_connections,
    n.offering AS upgraded_of_offering,
    n.connections - n.not_the_protocol - n.ended_early - n.not_offered - n.mangled - n.unused - n.refused
        - n.reply_unseen - n.accepted_no_tls - n.handshake_failed - n.upgraded AS other,
    n.offering,
    n.connections AS offering_of_connections,
    n.told AS offering_of_told,
    n.required,
    n.offering AS required_of_offering,
    n.servers,
    n.servers_told,
    n.servers AS servers_told_of_servers,
    n.servers_supporting,
    n.servers_told AS servers_supporting_of_told,
    n.servers_upgraded,
    n.servers_supporting AS servers_upgraded_of_supporting
FROM sums n
LEFT JOIN services s ON s.protocol = n.protocol
ORDER BY CASE n.protocol WHEN 'all' THEN 100 WHEN 'lmtp' THEN 97 ELSE coalesce(s.place, 99) END, n.protocol
