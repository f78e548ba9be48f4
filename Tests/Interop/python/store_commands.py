"""`pulsar-relay store`: a backup of a relay that runs, its restoring, and moves from sqlite to Valkey and back that are killed in the middle.

Starts all that it needs: relays, and a Valkey.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import requests

PROGRAM = os.environ["RELAY"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
SECRET = "a secret that all the relays of this scenario share"
PASSWORD = "correct horse"
running = []
environment = {name: value for name, value in os.environ.items() if not name.startswith("PULSAR_")}


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        check(time.monotonic() < deadline, f"not in time: {what}")
        time.sleep(0.05)
    return found


def start(name, *command):
    log = open(SCRATCH / f"{name}.log", "ab")
    process = subprocess.Popen(command, env=environment, cwd=SCRATCH, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    running.append(process)
    return process


def stop(process, by=signal.SIGTERM):
    process.send_signal(by)
    process.wait(30)


def run(*arguments, code=0):
    done = subprocess.run(
        [PROGRAM, *arguments], env=environment, cwd=SCRATCH, capture_output=True, text=True, timeout=120, check=False
    )
    check(done.returncode == code, f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


class Relay:
    def __init__(self, name, *settings):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        password = SCRATCH / "admin-password"
        password.write_text(PASSWORD)
        password.chmod(0o600)
        key = SCRATCH / "jwt"
        key.write_text(SECRET)
        key.chmod(0o600)
        options = [f"bootstrap_admin_password_file={password}", f"jwt_secret_key_file={key}", "rate_limit_login=1000", *settings]
        self.process = start(
            name, PROGRAM, "serve", "--host", "127.0.0.1", "--port", str(self.port),
            *(part for option in options for part in ("--set", option)),
        )
        until(self.is_ready, f"{name} is ready")

    def is_ready(self):
        check(self.process.poll() is None, f"the relay ended, see {SCRATCH}")
        try:
            return requests.get(f"{self.url}/ready", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def token(self, username="admin", password=PASSWORD):
        form = {"username": username, "password": password}
        return requests.post(f"{self.url}/auth/login", data=form, timeout=20).json()["access_token"]

    def call(self, method, path, token, body=None, status=200):
        reply = requests.request(
            method, self.url + path, headers={"Authorization": f"Bearer {token}"}, json=body, timeout=30
        )
        check(reply.status_code == status, f"{method} {path}: {reply.status_code} {reply.text}")
        return reply.json() if reply.content else None

    def history(self, topic, token):
        messages, cursor = [], ""
        while True:
            page = self.call("GET", f"/api/v1/topics/{topic}/messages?limit=100&order=asc{cursor}", token)
            if not page["messages"]:
                return messages
            messages += page["messages"]
            cursor = f"&cursor={page['next_cursor']}"


def publish(relay, token, topic, count, first=0):
    for start in range(first, first + count, 50):
        bulk = [{"topic": topic, "payload": {"n": n, "text": "x" * 200}} for n in range(start, min(start + 50, first + count))]
        relay.call("POST", "/api/v1/messages/bulk", token, {"messages": bulk}, status=207)


def fill(relay):
    token = relay.token()
    user = {"username": "alice", "password": "alice-password", "permissions": ["read", "write"]}
    relay.call("POST", "/auth/register", token, user, status=201)
    for number in range(30):
        publish(relay, token, f"topic-{number}", 120)
    relay.call("POST", "/api/v1/topics/topic-1/permissions", token, {"username": "alice"}, status=201)
    return token


def seen(relay, token):
    return {
        "users": relay.call("GET", "/auth/users", token),
        "topics": relay.call("GET", "/api/v1/topics", token),
        "messages": {f"topic-{n}": relay.history(f"topic-{n}", token) for n in range(30)},
    }


def audit_log(relay, token):
    """Who was made: nobody is, after the first relay."""
    records = relay.call("GET", "/api/v1/admin/audit?limit=1000", token)
    return [record for record in records if record["action"] == "user.create"]


def backup_and_restore():
    data = SCRATCH / "backed-up"
    relay = Relay("backed-up", f"data_dir={data}")
    token = relay.token()
    publish(relay, token, "news", 300)
    publishing = threading.Event()

    def go_on():
        number = 300
        while not publishing.is_set():
            publish(relay, token, "news", 50, number)
            number += 50

    thread = threading.Thread(target=go_on)
    thread.start()
    file = SCRATCH / "copy.sqlite3"
    said = json.loads(run("store", "backup", str(file), "--data-dir", str(data), "--json").splitlines()[0])
    publishing.set()
    thread.join()
    check(said["bytes"] == file.stat().st_size and file.stat().st_mode & 0o777 == 0o600, f"the copy: {said}")
    check("overwrites nothing" in run("store", "backup", str(file), "--data-dir", str(data), code=1), "it overwrites")
    check("is in use by" in run("store", "restore", str(file), "--data-dir", str(data), code=1), "a relay is running")
    all_messages = relay.history("news", token)
    stop(relay.process)
    said = json.loads(run("store", "restore", str(file), "--data-dir", str(data), "--json").splitlines()[0])
    check(pathlib.Path(said["former"]).exists(), f"the former database: {said}")
    folder = pathlib.Path(f"{file}.secrets")
    folder.mkdir()
    (folder / "jwt-secret").write_text(SECRET)
    elsewhere = ("store", "restore", str(file), "--data-dir", str(SCRATCH / "elsewhere"))
    check("not restored: jwt-secret" in run(*elsewhere), "secrets that are there and not asked for are told")
    check("not restored" not in run(*elsewhere, "--secrets"), "secrets that are restored are not")
    relay = Relay("restored", f"data_dir={data}")
    kept = relay.history("news", token)
    check(300 <= len(kept) <= len(all_messages) and kept == all_messages[: len(kept)], "what was backed up is back")
    stop(relay.process)


def killed_copy(source, target, is_time):
    """Kills a copy once that is true. Returns whether it was in the middle of it then."""
    process = start("killed-copy", PROGRAM, "store", "copy", "--from", source, "--to", target)
    deadline = time.monotonic() + 30
    while process.poll() is None and not is_time():
        check(time.monotonic() < deadline, "the copy does not begin")
    was_running = process.poll() is None
    stop(process, signal.SIGKILL)
    return was_running


def keys(port):
    """How many there are on the Valkey."""
    with socket.create_connection(("127.0.0.1", port)) as valkey:
        valkey.sendall(b"DBSIZE\r\n")
        return int(valkey.recv(64).split()[0][1:])


def moves():
    port = free_port()
    valkey = start(
        "valkey", "valkey-server" if pathlib.Path("/usr/bin/valkey-server").exists() else "redis-server",
        "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
    )
    until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the Valkey listens")
    first, last = SCRATCH / "first", SCRATCH / "last"
    url = f"valkey://127.0.0.1:{port}/0?prefix=moved:"
    relay = Relay("first", f"data_dir={first}")
    token = fill(relay)
    before = seen(relay, token)
    acts = until(lambda: audit_log(relay, token), "the audit log has who was made")
    check("is in use by" in run("store", "copy", "--from", str(first), "--to", url, code=1), "a relay is running")
    stop(relay.process)

    for count in (15, 60):
        check(killed_copy(str(first), url, lambda count=count: keys(port) >= count), f"not killed at {count} keys")
    refused = subprocess.run(
        [PROGRAM, "serve", "--port", "0", "--set", "storage_backend=valkey", "--set", f"valkey_port={port}",
         "--set", "valkey_prefix=moved:", "--set", f"jwt_secret_key_file={SCRATCH / 'jwt'}"],
        env=environment, cwd=SCRATCH, capture_output=True, text=True, timeout=60, check=False,
    )
    check(refused.returncode == 1 and "unfinished copy" in refused.stderr, f"a relay on half a copy: {refused.stderr}")
    check("unfinished copy of" in run("store", "copy", "--from", str(SCRATCH / "backed-up"), "--to", url, code=1), "another source")
    copied = json.loads(run("store", "copy", "--from", str(first), "--to", url, "--json").splitlines()[-1])
    check(copied["users"] == 2 and copied["topics"] == 30 and copied["compared"] == 30 * 120, f"copied: {copied}")
    check("not empty" in run("store", "copy", "--from", str(first), "--to", url, code=1), "the target is filled")

    options = ["storage_backend=valkey", f"valkey_port={port}", "valkey_prefix=moved:"]
    relay = Relay("on-valkey", *options)
    check(seen(relay, token) == before, "the relay on Valkey has what the first one had, for the same token")
    check(audit_log(relay, token) == acts, "the audit log came too")
    for way in (["--from", url, "--to", str(SCRATCH / "nowhere")], ["--from", str(SCRATCH / "backed-up"), "--to", url]):
        check("a relay is running on the" in run("store", "copy", *way, code=1), f"{way}: a relay is at work there")
    publish(relay, relay.token("alice", "alice-password"), "topic-1", 10, 120)
    between = seen(relay, token)
    stop(relay.process)

    killed_copy(url, str(last), lambda: (last / "pulsar-relay.sqlite3").exists())
    run("store", "copy", "--from", url, "--to", str(last))
    relay = Relay("last", f"data_dir={last}")
    check(seen(relay, token) == between, "the relay on sqlite again has what the one on Valkey had")
    stop(relay.process)
    stop(valkey)


try:
    backup_and_restore()
    moves()
finally:
    for process in running:
        if process.poll() is None:
            process.kill()
