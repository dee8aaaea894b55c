-- fresh_key_exchanges: one row per kind of key exchange in which both sides make a fresh key
--
-- Columns:
--   kind : kind of key exchange, as in tls_choices
--
-- Who has a server's key later cannot read what such handshakes protected.

SELECT kind
FROM (
    VALUES ('DHE'), ('DHE_PSK'), ('ECCPWD'), ('ECDHE'), ('ECDHE_PSK'), ('HYBRID'), ('KEM'), ('SRP')
) AS kinds(kind)
