#!/usr/bin/env escript
%% A TLS server of Erlang/OTP with everything that its library has.
%%
%%     escript otp.escript list
%%     escript otp.escript serve PORT KEYLOG [certificate=FILE key=FILE] [dh=FILE] [alpn=NAME] [no-ticket] [ask]
%%
%% `list` prints one line per version and suite. `serve` echoes whatever comes and prints what it knows of each connection.

main(["list"]) ->
    {ok, _} = application:ensure_all_started(ssl),
    [io:format("~s ~s~n", [Version, ssl:suite_to_str(Suite)]) || Version <- versions(), Suite <- suites(Version)];
main(["serve", Port, KeyLog | Words]) ->
    {ok, _} = application:ensure_all_started(ssl),
    logger:set_primary_config(level, none),
    Given = [list_to_tuple(string:split(Word, "=")) || Word <- Words],
    Options = [binary, {ip, {127, 0, 0, 1}}, {active, false}, {reuseaddr, true}, {packet, raw}, {versions, versions()},
        {ciphers, lists:usort(lists:append([suites(Version) || Version <- versions()]))}, {eccs, ssl:eccs()},
        {supported_groups, ssl:groups()}, {signature_algs, schemes()}, {keep_secrets, true}, {client_renegotiation, false},
        {psk_identity, "matrix"}, {user_lookup_fun, {fun(_, _, _) -> {ok, binary:copy(<<7>>, 16)} end, none}},
        {session_tickets, tickets(Given)}]
        ++ lists:append([option(Word) || Word <- Given]),
    case ssl:listen(list_to_integer(Port), Options) of
        {ok, Listener} ->
            io:format("LISTENING~n"),
            accept(Listener, KeyLog);
        {error, Reason} ->
            io:format("REFUSED: ~0p~n", [Reason]),
            halt(1)
    end.

versions() -> [tlsv1, 'tlsv1.1', 'tlsv1.2', 'tlsv1.3'].

%% Those that the cryptographic library beneath can compute.
suites('tlsv1.3') -> ssl:filter_cipher_suites(ssl:cipher_suites(exclusive, 'tlsv1.3'), []);
suites(Version) ->
    All = ssl:cipher_suites(all, Version) ++ ssl:cipher_suites(anonymous, Version),
    ssl:filter_cipher_suites(lists:usort(All), []).

schemes() ->
    [rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512, rsa_pss_rsae_sha256, rsa_pss_rsae_sha384,
        rsa_pss_rsae_sha512, ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512, eddsa_ed25519, eddsa_ed448,
        {sha256, rsa}, {sha384, rsa}, {sha512, rsa}, {sha256, ecdsa}, {sha384, ecdsa}, {sha512, ecdsa}, {sha224, rsa},
        {sha224, ecdsa}, {sha, rsa}, {sha, ecdsa}, {sha, dsa}].

tickets(Given) ->
    case lists:member({"no-ticket"}, Given) of
        true -> disabled;
        false -> stateless
    end.

option({"certificate", File}) -> [{certfile, File}, {cacertfile, File}];
option({"key", File}) -> [{keyfile, File}];
option({"dh", File}) -> [{dhfile, File}];
option({"alpn", Name}) -> [{alpn_preferred_protocols, [list_to_binary(Name)]}];
option({"ask"}) -> [{verify, verify_peer}, {fail_if_no_peer_cert, false}];
option(_) -> [].

accept(Listener, KeyLog) ->
    %% Some certificates are more than the library can bear, in whatever call that comes out.
    case catch meet(Listener, KeyLog) of
        {'EXIT', _} -> failed(it_crashes);
        _ -> ok
    end,
    accept(Listener, KeyLog).

meet(Listener, KeyLog) ->
    {ok, Transport} = ssl:transport_accept(Listener),
    case ssl:handshake(Transport, 5000) of
        {ok, Socket} -> converse(Socket, KeyLog);
        {error, Reason} -> failed(Reason)
    end.

failed(Reason) ->
    io:format("FAILED: ~s.~n", [string:slice(lists:flatten(io_lib:format("~0p", [Reason])), 0, 200)]).

converse(Socket, KeyLog) ->
    {ok, Facts} = ssl:connection_information(Socket),
    Protocol = proplists:get_value(protocol, Facts),
    Suite = ssl:suite_to_str(proplists:get_value(selected_cipher_suite, Facts)),
    Curve = case proplists:get_value(ecc, Facts) of
        {named_curve, Named} -> Named;
        _ -> ''
    end,
    Name = case ssl:negotiated_protocol(Socket) of
        {ok, Negotiated} -> Negotiated;
        _ -> <<>>
    end,
    case ssl:connection_information(Socket, [keylog]) of
        {ok, [{keylog, Lines}]} -> file:write_file(KeyLog, [[Line, "\n"] || Line <- Lines], [append]);
        _ -> ok
    end,
    io:format("protocol=~s suite=~s curve=~s alpn=~s .~n", [Protocol, Suite, Curve, Name]),
    echo(Socket).

echo(Socket) ->
    case ssl:recv(Socket, 0, 5000) of
        {ok, Data} ->
            ssl:send(Socket, Data),
            echo(Socket);
        {error, _} ->
            ssl:close(Socket)
    end.
