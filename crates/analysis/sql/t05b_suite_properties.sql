-- T05b · Properties of the cipher suites negotiated (active)
--
-- Question: How many servers choose forward secrecy, and how many a cipher or a key exchange that is too weak today?
--
-- Columns:
--   protocol : word : Protocol : service asked for; `all` is the row over all services
--   service : text : Service : name of the service; † marks STARTTLS
--   chosen : count : Suite chosen : endpoints whose server chose a suite
--   forward_secret : count : Forward secret : a fresh key on both sides: the certificate's key does not open what was recorded
--   forward_secret_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_rsa : count : RSA : the client encrypts the secret to a key of the server
--   kex_rsa_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_dhe : count : DHE : ephemeral Diffie-Hellman over a finite field, anonymous ones too
--   kex_dhe_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_ecdhe : count : ECDHE : ephemeral Diffie-Hellman on a curve, anonymous ones too
--   kex_ecdhe_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_hybrid : count : Post-quantum : a lattice, alone or joined with a curve
--   kex_hybrid_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_psk : count : PSK : with a pre-shared key
--   kex_psk_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   kex_other : count : Other key exchange : static DH and ECDH, SRP, Kerberos, GOST and the like, and unknown suites
--   kex_other_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   anonymous : count : Anonymous : the server does not prove who it is
--   anonymous_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   export : count : Export : made weak on purpose
--   export_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   null_cipher : count : NULL : no cipher at all
--   null_cipher_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   rc4 : count : RC4 : RC4 with a key of any length
--   rc4_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   des : count : DES : single DES, 40 or 56 bits
--   des_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   triple_des : count : 3DES : DES three times
--   triple_des_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   cbc : count : CBC : a block cipher in CBC mode, DES and 3DES too
--   cbc_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   aead : count : AEAD : cipher and integrity in one
--   aead_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   chacha20 : count : ChaCha20 : ChaCha20 with Poly1305
--   chacha20_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--   unknown : count : Unknown : suites that our registry does not have
--   unknown_of_chosen : share : chosen : endpoints of this service whose server chose a suite
--
-- Totals: 1
-- Short: service, chosen, forward_secret, kex_hybrid, anonymous, export, rc4
-- Short note: † STARTTLS. What counts is the server's choice, whether the handshake completed or not.
--
-- Notes:
--   † STARTTLS. The columns from "RSA" to "Other key exchange" are exclusive and add up to the suites chosen; the others overlap.
--   What counts is the server's choice, whether the handshake completed or not; T05 has both.

WITH sums AS (
    SELECT
        b.block, b.heading, b.place,
        count(*) AS chosen,
        sum(CASE WHEN forward_secret THEN 1 ELSE 0 END) AS forward_secret,
        sum(CASE WHEN key_exchange = 'RSA' THEN 1 ELSE 0 END) AS kex_rsa,
        sum(CASE WHEN key_exchange = 'DHE' THEN 1 ELSE 0 END) AS kex_dhe,
        sum(CASE WHEN key_exchange = 'ECDHE' THEN 1 ELSE 0 END) AS kex_ecdhe,
        sum(CASE WHEN key_exchange IN ('HYBRID', 'KEM') THEN 1 ELSE 0 END) AS kex_hybrid,
        sum(CASE WHEN key_exchange IN ('DHE_PSK', 'ECDHE_PSK', 'PSK', 'RSA_PSK') THEN 1 ELSE 0 END) AS kex_psk,
        sum(CASE WHEN key_exchange NOT IN ('DHE', 'DHE_PSK', 'ECDHE', 'ECDHE_PSK', 'HYBRID', 'KEM', 'PSK', 'RSA', 'RSA_PSK') THEN 1 ELSE 0 END) AS kex_other,
        sum(CASE WHEN authentication IN ('NULL', 'anon') THEN 1 ELSE 0 END) AS anonymous,
        sum(CASE WHEN export THEN 1 ELSE 0 END) AS export,
        sum(CASE WHEN cipher = 'NULL' THEN 1 ELSE 0 END) AS null_cipher,
        sum(CASE WHEN cipher = 'RC4' THEN 1 ELSE 0 END) AS rc4,
        sum(CASE WHEN cipher = 'DES_CBC' THEN 1 ELSE 0 END) AS des,
        sum(CASE WHEN cipher = '3DES_EDE_CBC' THEN 1 ELSE 0 END) AS triple_des,
        sum(CASE WHEN cbc THEN 1 ELSE 0 END) AS cbc,
        sum(CASE WHEN aead THEN 1 ELSE 0 END) AS aead,
        sum(CASE WHEN cipher = 'CHACHA20_POLY1305' THEN 1 ELSE 0 END) AS chacha20,
        sum(CASE WHEN cipher IS NULL THEN 1 ELSE 0 END) AS unknown
    FROM tls_choices c
    JOIN blocks b ON b.protocol = c.protocol
    GROUP BY b.block, b.heading, b.place
)
SELECT
    n.block AS protocol,
    n.heading AS service,
    n.chosen,
    n.forward_secret,
    n.chosen AS forward_secret_of_chosen,
    n.kex_rsa,
    n.chosen AS kex_rsa_of_chosen,
    n.kex_dhe,
    n.chosen AS kex_dhe_of_chosen,
    n.kex_ecdhe,
    n.chosen AS kex_ecdhe_of_chosen,
    n.kex_hybrid,
    n.chosen AS kex_hybrid_of_chosen,
    n.kex_psk,
    n.chosen AS kex_psk_of_chosen,
    n.kex_other,
    n.chosen AS kex_other_of_chosen,
    n.anonymous,
    n.chosen AS anonymous_of_chosen,
    n.export,
    n.chosen AS export_of_chosen,
    n.null_cipher,
    n.chosen AS null_cipher_of_chosen,
    n.rc4,
    n.chosen AS rc4_of_chosen,
    n.des,
    n.chosen AS des_of_chosen,
    n.triple_des,
    n.chosen AS triple_des_of_chosen,
    n.cbc,
    n.chosen AS cbc_of_chosen,
    n.aead,
    n.chosen AS aead_of_chosen,
    n.chacha20,
    n.chosen AS chacha20_of_chosen,
    n.unknown,
    n.chosen AS unknown_of_chosen
FROM sums n
ORDER BY n.place, n.block
