"""A token, a user or a grant that is taken back stops working at once, on open connections too."""

import requests
from websockets.exceptions import ConnectionClosed

from relay import URL, bearer, call, check, equal, expect, login, new_topic, open_socket, publish, register, subscribe

admin = login()["access_token"]
topic = new_topic("revoked")
publish(admin, topic, {"n": 0})


def closed(socket):
    try:
        frame = socket.recv(timeout=20)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None
    check(False, f"expected a close, got {frame}")


def user():
    """A new user, with a token and a grant on the topic."""
    name, password = register(admin)
    token = login(name, password)["access_token"]
    user_id = call("GET", "/auth/me", token)["user_id"]
    call("POST", f"/api/v1/topics/{topic}/permissions", admin, {"user_id": user_id}, status=201)
    return name, password, user_id, token


# A logout closes the connections of that token, not those of the user's other token.
name, password, user_id, token = user()
other = login(name, password)["access_token"]
with open_socket(token) as socket, open_socket(other) as untouched:
    subscribe(socket, [topic])
    subscribe(untouched, [topic])
    events = requests.get(f"{URL}/sse?topics={topic}", headers=bearer(token), stream=True, timeout=20)
    equal(events.status_code, 200, "status of the event stream")
    call("POST", "/auth/logout", token, status=204)
    equal(closed(socket), 1008, "close code after a logout")
    for _ in events.iter_lines():
        pass  # until the relay ends it
    publish(admin, topic, {"n": 1})
    equal(expect(untouched, "message")["payload"], {"n": 1}, "what the other token's connection gets")
    call("GET", "/auth/me", token, status=401)

    # A deactivated user loses everything.
    call("PATCH", f"/auth/users/{user_id}", admin, {"is_active": False})
    equal(closed(untouched), 1008, "close code after the user was deactivated")

# A withdrawn grant ends the subscription only.
name, password, user_id, token = user()
mine = new_topic("mine")
with open_socket(token) as socket:
    subscribe(socket, [topic, mine])
    call("DELETE", f"/api/v1/topics/{topic}/permissions/{user_id}", admin, status=204)
    publish(admin, topic, {"n": 2})
    equal(expect(socket, "error")["code"], "SUBSCRIPTION_ERROR", "what a reader without its grant is told")
    publish(token, mine, {"n": 3})
    equal(expect(socket, "message")["payload"], {"n": 3}, "the topic that it still may read")
