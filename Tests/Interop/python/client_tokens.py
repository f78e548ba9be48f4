"""The published client keeps its refresh token in a file, rotates it, and logs in again when its token was revoked."""

import json

import pulsar_relay_client as client

from relay import PASSWORD, SCRATCH, URL, USERNAME, bearer, call, check, equal, new_topic

topic = new_topic("tokens")
path = SCRATCH / "credentials.json"


def saved():
    return json.loads(path.read_text())["refresh_token"]


def refused(exchange, error, what):
    try:
        exchange()
    except error:
        return
    check(False, what)


# With a password, the client saves the refresh token that comes with the login.
by_password = client.RelayTransport(URL, USERNAME, PASSWORD, credentials_file=str(path))
equal(by_password.auth_manager.strategy_name, "password", "way in without a file")
by_password.post_message(topic, {"n": 1})
first = saved()

# A logout ends the token. The client gets 401, logs in again, and its publish arrives.
call("POST", "/auth/logout", by_password.auth_manager.get_token(), status=204)
by_password.post_message(topic, {"n": 2})

# With the file alone, it goes on, and each token is used once.
refreshing = client.RelayTransport(URL, credentials_file=str(path))
equal(refreshing.auth_manager.strategy_name, "refresh_token", "way in with a file")
second = saved()
check(first != second, "a new login comes with a new refresh token")
refreshing.post_message(topic, {"n": 3})
third = saved()
check(second != third, "a used refresh token is replaced")

# A logout during a poll: the client refreshes, and reads on.
call("POST", "/auth/logout", refreshing.auth_manager.get_token(), status=204)
refreshing.set_last_message_id(topic, "0-0")
equal([m["payload"]["n"] for m in refreshing.long_poll([topic], timeout=5)], [1, 2, 3], "what the poll brings")

# A stolen, already used token ends the whole chain.
relay = client.HttpRelayClient(URL)
refused(lambda: relay.exchange_refresh_token(second), client.RefreshTokenRejectedError, "a used token was taken again")
refused(lambda: relay.exchange_refresh_token(saved()), client.RefreshTokenRejectedError, "its chain went on")
refused(client.RelayTransport(URL, credentials_file=str(path)).auth_manager.get_token, client.RelayAuthError, "as did its file")
refused(lambda: relay.whoami("not-a-token"), client.RelayClientError, "a token made up was taken")
