"""Users, topics, grants and sign-ins from the command line, over HTTP and on the store; logins from the environment."""

import json
import os
import subprocess

from relay import PASSWORD, SCRATCH, URL, USERNAME, check, equal, eventually, login, open_socket
from tunnel import PROGRAM

HOME = SCRATCH / "nobody-logged-in"
BASE = {name: value for name, value in os.environ.items() if not name.startswith("PULSAR_")}
BASE["XDG_CONFIG_HOME"] = str(HOME)


def run(*arguments, code=0, stdin=None, **more):
    done = subprocess.run(
        [PROGRAM, *arguments], env=BASE | more, cwd=SCRATCH, input=stdin, capture_output=True, text=True, timeout=60, check=False
    )
    equal(done.returncode, code, f"the end of {arguments}: {done.stdout}{done.stderr}")
    return done.stdout if code == 0 else done.stderr


def lines(*arguments, **options):
    return [json.loads(line) for line in run(*arguments, "--json", **options).splitlines()]


ADMIN = {"PULSAR_RELAY_URL": URL, "PULSAR_USERNAME": USERNAME, "PULSAR_PASSWORD": PASSWORD}

# Nobody has logged in: the environment says who it is, and one login serves all that follows.
check("log in first" in run("topic", "list", code=4), "no relay is named")
check("which relay?" in run("login", code=2), "no relay to log in to")
check("Log in with" in run("topic", "list", code=4, PULSAR_RELAY_URL=URL), "nobody is logged in")
for command in (("topic", "list"), ("login",)):
    refused = run(*command, code=4, **ADMIN | {"PULSAR_PASSWORD": "wrong password"})
    check("Incorrect username or password" in refused and "Log in" not in refused, f"a wrong password: {refused}")
for number in range(8):
    run("topic", "create", f"made-{number}", **ADMIN)
equal(len(lines("topic", "list", **ADMIN)), 8, "topics")

# Users, by an administrator from elsewhere.
made = lines("user", "create", "bob", "--password-stdin", stdin="bob-password\n", **ADMIN)[0]
equal((made["username"], made["permissions"]), ("bob", ["read", "write"]), "the new user")
equal([user["username"] for user in lines("user", "list", "--url", URL, **ADMIN)], [USERNAME, "bob"], "users")
changed = lines("user", "change", "bob", "--permissions", "read", "--email", "bob@example.org", **ADMIN)[0]
equal((changed["permissions"], changed["email"]), (["read"], "bob@example.org"), "the changed user")
check("Disabled bob" in run("user", "disable", "bob", **ADMIN), "bob is disabled")
equal(lines("user", "change", "bob", "--active", **ADMIN)[0]["is_active"], True, "bob may log in again")
check("no user 'carol'" in run("user", "change", "carol", "--inactive", code=1, **ADMIN), "nobody of that name")
check("give --permissions" in run("user", "change", "bob", code=2, **ADMIN), "nothing to change")

equal(lines("user", "change", "bob", "--permissions", "read,write", **ADMIN)[0]["permissions"], ["read", "write"], "with a comma")
equal(lines("user", "change", "bob", "--permissions", "read", **ADMIN)[0]["permissions"], ["read"], "one permission")
check("HTTP 422" in run("user", "change", "bob", "--permissions", "read,all", code=1, **ADMIN), "no such permission")

# Bob sees what is his, and no more.
BOB = {"PULSAR_RELAY_URL": URL, "PULSAR_USERNAME": "bob", "PULSAR_PASSWORD": "bob-password", "XDG_CONFIG_HOME": str(SCRATCH / "bob")}
equal(lines("whoami", **BOB)[0]["username"], "bob", "who bob is")
check(USERNAME in run("whoami", **ADMIN), "who the administrator is, in words")
check("Log in with" in run("whoami", code=4, PULSAR_RELAY_URL=URL, XDG_CONFIG_HOME=str(SCRATCH / "nobody")), "nobody is logged in")
check("HTTP 403" in run("user", "list", code=1, **BOB), "bob is no administrator")
check("HTTP 403" in run("topic", "show", "made-1", code=1, **BOB), "bob has no grant")
run("topic", "grant", "made-1", "bob", **ADMIN)
shown = lines("topic", "show", "made-1", **BOB)[0]
equal((shown["topic_name"], shown["messages"], shown["readers"]), ("made-1", 0, 0), "the topic that bob was granted")
run("publish", "made-1", '{"n": 1}', **ADMIN)
check("messages 1  newest " in run("topic", "show", "made-1", **ADMIN), "the topic in words")
run("subscribe", "made-1", "--from", "earliest", "--count", "1", "--reader", "worker", **BOB)
equal([(reader["reader"], reader["username"]) for reader in lines("topic", "readers", "made-1", **ADMIN)], [("worker", "bob")], "readers")
check("of bob" in run("topic", "readers", "made-1", **ADMIN), "readers in words")
equal(lines("topic", "change", "made-1", "--public", "--description", "for all", **ADMIN)[0]["is_public"], True, "a public topic")
check("HTTP 403" in run("topic", "change", "made-1", "--no-public", code=1, **BOB), "bob does not own it")
run("topic", "revoke", "made-1", "bob", **ADMIN)

# Sign-ins.
equal([entry["client_hint"] for entry in lines("user", "sessions", **BOB)], ["password-login"], "bob's sign-ins")
jti = lines("user", "sessions", **BOB)[0]["jti"]
run("user", "end-session", jti, **BOB)
check("404" in run("user", "end-session", jti, code=1, **BOB), "it has ended")

# What an administrator sees of everybody.
check("HTTP 403" in run("topic", "create", "bobs", code=1, **BOB), "bob may only read")
equal({topic["topic_name"] for topic in lines("topic", "list", "--all", "--prefix", "made-", **ADMIN)},
      {f"made-{number}" for number in range(8)}, "all topics")
check("HTTP 403" in run("topic", "list", "--all", code=1, **BOB), "all topics for bob")
run("topic", "list", **BOB | {"XDG_CONFIG_HOME": str(SCRATCH / "bob-again")})
equal(len(lines("user", "sessions", "bob", **ADMIN)), 1, "bob's sign-ins, as an administrator sees them")
nodes = lines("nodes", **ADMIN)
equal((len(nodes), nodes[0]["self"], nodes[0]["status"]), (1, True, "healthy"), "relays")
check(nodes[0]["node"] in run("nodes", **ADMIN), "the relay in words")
with open_socket(login()["access_token"]):
    sockets = lines("connections", "list", "--kind", "ws", **ADMIN)
    equal(len(sockets), 1, "WebSockets")
    in_words = run("connections", "list", "--user", USERNAME, **ADMIN)
    check(sockets[0]["id"] in in_words and f"username {USERNAME}" in in_words, f"the WebSocket in words: {in_words}")
    run("connections", "close", sockets[0]["id"], **ADMIN)
    eventually(lambda: not lines("connections", "list", "--kind", "ws", **ADMIN), "the WebSocket is closed")
check("404" in run("connections", "close", sockets[0]["id"], code=1, **ADMIN), "it is gone")
acts = eventually(lambda: [act["action"] for act in lines("audit", "--action", "user.", **ADMIN)], "the audit log")
check({"user.create", "user.change"} <= set(acts), f"acts: {acts}")
in_words = run("audit", "--count", "0", **ADMIN)
check("user.create  ok  bob" in in_words, f"acts in words: {in_words}")
check({act["target_name"] for act in lines("audit", "--target", "bob", **ADMIN)} == {"bob"}, "acts by the name of the target")
check("HTTP 403" in run("audit", code=1, **BOB), "the audit log for bob")

# Bob changes his own password: what the old one gave ends elsewhere, and this login goes on.
ELSEWHERE = BOB | {"XDG_CONFIG_HOME": str(SCRATCH / "bob-elsewhere")}
run("topic", "list", **ELSEWHERE)
STAYS = {"PULSAR_RELAY_URL": URL, "XDG_CONFIG_HOME": BOB["XDG_CONFIG_HOME"]}
check("not right" in run("password", code=1, stdin="wrong\nbob-second-password\n", **STAYS), "the old password is wrong")
check("two lines" in run("password", code=2, stdin="bob-password\n", **STAYS), "no new password")
before = len(lines("user", "sessions", **STAYS))
said = run("password", stdin="bob-password\nbob-second-password\n", **STAYS)
check("Changed the password of bob" in said and said.count("password-login") == before > 0, f"what has ended: {said}")
equal([entry["client_hint"] for entry in lines("user", "sessions", **STAYS)], ["password-change"], "bob's sign-ins after it")
check("Log in with" in run("topic", "list", code=4, PULSAR_RELAY_URL=URL, XDG_CONFIG_HOME=ELSEWHERE["XDG_CONFIG_HOME"]), "elsewhere")
report = lines("password", stdin="bob-second-password\nbob-password\n", **STAYS)[0]
equal((report["username"], len(report["ended"])), ("bob", 1), "the password before, again")

check("Deleted bob" in run("user", "delete", "bob", **ADMIN), "bob is deleted")
equal([user["username"] for user in lines("user", "list", **ADMIN)], [USERNAME], "users in the end")

# On a store of its own, where no relay is named. A login elsewhere changes nothing where there is a store.
STORE = ("--data-dir", "own-store")
run("user", "create", "ann", "--password-stdin", *STORE, stdin="ann-password\n")
equal([user["username"] for user in lines("user", "list", *STORE)], ["ann"], "users of the store")
run("user", "change", "ann", "--permissions", "admin", "--inactive", *STORE)
equal(lines("user", "list", *STORE)[0]["is_active"], False, "ann is shut out")
check("take one" in run("user", "list", "--url", URL, *STORE, code=2), "a relay and a store")
run("user", "delete", "ann", *STORE)
equal(lines("user", "list", *STORE), [], "the store is empty")

# Certificates that are none.
check("--cert" in run("topic", "list", "--cert", "/dev/null", code=2, **ADMIN), "no certificate")
check("--key goes with --cert" in run("topic", "list", "--key", "/dev/null", code=2, **ADMIN), "a key alone")

# What is shown once stands alone on standard output, so that $(…) takes it.
token = run("token", "create", "made-1", "--expires-in", "600", **ADMIN)
equal((token.count("\n"), token.count(".")), (1, 2), f"a service token: {token}")
secret = run("webhook", "create", "https://example.org/hook", "--topic", "made-1", **ADMIN)
check(secret.startswith("whsec_") and secret.count("\n") == 1, f"a webhook's secret: {secret}")

# An administrator finds others' tokens and webhooks.
run("user", "create", "eve", "--password-stdin", stdin="eve-password\n", **ADMIN)
EVE = {"PULSAR_RELAY_URL": URL, "PULSAR_USERNAME": "eve", "PULSAR_PASSWORD": "eve-password", "XDG_CONFIG_HOME": str(SCRATCH / "eve")}
run("token", "create", "eves", **EVE)
run("webhook", "create", "https://example.org/eve", "--topic", "eves", **EVE)
for what in ("token", "webhook"):
    equal([len(lines(what, "list", *whose, **ADMIN)) for whose in ((), ("--user", "eve"), ("--all",))], [1, 1, 2], f"lists of {what}s")
    equal(run(what, "list", "--all", **ADMIN).count("  of "), 2, f"whose each {what} is")
    check("HTTP 403" in run(what, "list", "--all", code=1, **EVE), f"all {what}s for eve")
    check("not both" in run(what, "list", "--all", "--user", "eve", code=2, **ADMIN), "two answers to whose")

# Names are shown, never obeyed.
check("\x1b" not in run("topic", "create", "made-x", "--description", "\x1b[31mred", **ADMIN), "control characters")
