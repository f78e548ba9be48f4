"""The published client is let in by the device flow: with a pair of tokens, after a denial, and beside the command line."""

import json
import os
import pathlib
import re
import subprocess
import threading

import pulsar_relay_client as client
import requests

from relay import PASSWORD, SCRATCH, URL, USERNAME, call, check, equal, new_topic

topic = new_topic("device")


def decide(code, path="/auth/device", **fields):
    reply = requests.post(f"{URL}{path}", data={"user_code": code, **fields}, timeout=20)
    equal(reply.status_code, 200, f"status of {path} ({reply.text[:200]})")


def approve(code):
    decide(code, username=USERNAME, password=PASSWORD)


def run(name, on_code, **options):
    file = client.CredentialsFile(str(SCRATCH / f"{name}.json"))
    shown = []

    def on_user_code(uri, code):
        shown.append((uri, code))
        # The client begins to ask only when this returns.
        threading.Timer(0.1, on_code, [code]).start()

    flow = client.RelayDeviceFlowAuthenticator(URL, file, client_hint=name, on_user_code=on_user_code, **options)
    return flow.run(), shown, SCRATCH / f"{name}.json"


# Let in, with a second token for somebody else.
credentials, shown, path = run("galaxy", approve, pair=True)
uri, code = shown[0]
equal(uri, f"{URL}/auth/device?user_code={code}", "the page that is shown")
check(re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ2-9]{4}-[BCDFGHJKLMNPQRSTVWXZ2-9]{4}", code), f"form of the code {code}")
equal(call("GET", "/auth/me", credentials["access_token"])["username"], USERNAME, "whom the token is of")
stored = json.loads(path.read_text())
equal(stored["refresh_token"], credentials["refresh_token"], "what is stored")
check("refresh_token_secondary" not in stored, "the second token is not stored")

# Both chains go on, each by itself.
transport = client.RelayTransport(URL, credentials_file=str(path))
transport.post_message(topic, {"n": 1})
relay = client.HttpRelayClient(URL)
second = relay.exchange_refresh_token(credentials["refresh_token_secondary"])
call("POST", "/auth/token/revoke", second["access_token"], {"refresh_token": second["refresh_token"], "revoke_chain": True}, 204)
transport.auth_manager.invalidate()
transport.post_message(topic, {"n": 2})
hints = [session["client_hint"] for session in call("GET", "/auth/sessions", credentials["access_token"])]
check("galaxy" in hints, f"the log-ins say who was let in: {hints}")

# Sent away.
try:
    run("stranger", lambda code: decide(code, "/auth/device/deny"))
    check(False, "a device that was sent away came in")
except client.DeviceFlowError as error:
    check("denied" in str(error), f"what a device that was sent away is told: {error}")

# The command line, which says where to go on stderr.
program = pathlib.Path(os.environ["RELAY_PROGRAM"])
environment = {**os.environ, "XDG_CONFIG_HOME": str(SCRATCH / "config")}
command = subprocess.Popen(
    [program, "login", "--url", URL, "--device", "--client-hint", "a shell", "--json"],
    env=environment,
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
)
try:
    line = command.stderr.readline()
    found = re.search(r"type in the code (\S+)", line)
    check(found, f"what the command shows: {line}")
    page = requests.get(f"{URL}/auth/device", params={"user_code": found[1]}, timeout=20)
    check("a shell" in page.text, "the page says who asks")
    approve(found[1])
    output, errors = command.communicate(timeout=60)
finally:
    command.kill()
equal(command.returncode, 0, f"how the command ended ({errors})")
equal(json.loads(output), {"url": URL, "username": USERNAME}, "what the command says")
done = subprocess.run(
    [program, "topic", "list", "--json"], env=environment, capture_output=True, text=True, timeout=60, check=False
)
check(done.returncode == 0 and topic in done.stdout, f"the command line acts as who let it in: {done.stderr}")

# Guesses and haste: nothing comes of them.
begun = requests.post(f"{URL}/auth/device/code", data={}, timeout=20).json()
fields = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
errors = [requests.post(f"{URL}/auth/device/token", data=fields, timeout=20).json()["error"] for _ in range(5)]
equal(errors, ["authorization_pending"] + ["slow_down"] * 4, "what haste gets")
for guess in [begun["user_code"], begun["device_code"][:-1], begun["device_code"].swapcase(), ""]:
    reply = requests.post(f"{URL}/auth/device/token", data={**fields, "device_code": guess}, timeout=20)
    check(reply.status_code in (400, 422), f"status of a guess: {reply.status_code}")
    check(reply.json().get("error") in ("expired_token", None), f"what a guess gets: {reply.text}")
