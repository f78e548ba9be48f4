"""The relay asks clients for a certificate: one of the right authority comes in, by HTTP and by WebSocket, and no other."""

import os
import ssl
import subprocess

import requests
from websockets.sync.client import connect

from relay import PASSWORD, SCRATCH, SOCKET_URL, URL, USERNAME, bearer, check, equal, new_topic, subscribe

CA = str(SCRATCH / "authority.pem")


def pair(name):
    return str(SCRATCH / f"{name}.crt"), str(SCRATCH / f"{name}.key")


for who in [None, "stranger", "late"]:
    try:
        requests.get(f"{URL}/health", cert=pair(who) if who else None, timeout=20)
        check(False, f"{who or 'a client without a certificate'} was answered")
    except requests.exceptions.ConnectionError:
        pass
    context = ssl.create_default_context(cafile=CA)
    if who:
        context.load_cert_chain(*pair(who))
    try:
        connect(SOCKET_URL, ssl=context, open_timeout=20)
        check(False, f"a WebSocket of {who or 'a client without a certificate'} was opened")
    except Exception:  # Whatever the library makes of a connection that ends before its answer.
        pass

friend = pair("friend")
reply = requests.post(f"{URL}/auth/login", data={"username": USERNAME, "password": PASSWORD}, cert=friend, timeout=20)
equal(reply.status_code, 200, "status of a friend's login")
context = ssl.create_default_context(cafile=CA)
context.load_cert_chain(*friend)
with connect(SOCKET_URL, ssl=context, additional_headers=bearer(reply.json()["access_token"])) as stream:
    subscribe(stream, [new_topic("friend")])


def command(*arguments, who=None, code=0, ca=CA, config=None):
    """A command of the program, which shows the certificate of `who`."""
    environment = os.environ | {
        "PULSAR_RELAY_URL": URL, "PULSAR_RELAY_CA": ca, "PULSAR_USERNAME": USERNAME, "PULSAR_PASSWORD": PASSWORD,
        "XDG_CONFIG_HOME": str(SCRATCH / f"config-{config or who}"),
    }
    shown = ["--cert", pair(who)[0], "--key", pair(who)[1]] if who else []
    done = subprocess.run(
        [os.environ["RELAY_PROGRAM"], *arguments, *shown], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    equal(done.returncode, code, f"the end of {arguments} by {who}: {done.stdout}{done.stderr}")
    return done.stdout


for who in [None, "stranger"]:
    command("topic", "create", "no-topic", who=who, code=1)
topic = new_topic("command")
command("publish", topic, '{"n": 1}', who="friend")
# By a WebSocket.
check('"n":1' in command("subscribe", topic, "--from", "earliest", "--count", "1", "--json", who="friend"), "what a friend reads")

# A login keeps by whom the relay is trusted, by its whole path, and what comes after it needs no word of that.
command("whoami", who="friend", code=1, ca="", config="kept")
command("login", "--ca", os.path.relpath(CA), who="friend", ca="", config="kept")
check(USERNAME in command("whoami", who="friend", ca="", config="kept"), "a command after a login with --ca")
command("subscribe", topic, "--from", "earliest", "--count", "1", who="friend", ca="", config="kept")
