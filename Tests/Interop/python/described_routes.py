"""Requests that schemathesis makes of `/openapi.json`, good and bad ones, by an administrator and by a user.

No answer is a fault of the relay, and each is as the description says: its status, its headers, its content type, its body.
"""

import json
import os
import pathlib
import subprocess
import sys

import requests

from relay import SCRATCH, URL, bearer, call, check, equal, login, publish, register

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
]
#: `logout` would end the token of all that follows, and an event stream does not end.
APART = ["logout", "followEvents"]
#: These change users, also the one that asks, and so come last.
LAST = ["changeUser", "deleteUser"]
SEED = "20261129"


def generated(description, token, phases, examples, *selected):
    """Requests of the phases, and so many random ones to each route. They are the same each time."""
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        "run",
        description,
        *("--url", URL),
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", ",".join(CHECKS)),
        *("--phases", phases),
        *("--max-examples", str(examples)),
        *("--seed", SEED),
        *("--request-timeout", "30"),
        *("--suppress-health-check", "all"),
        *("--warnings", "off"),
        "--no-shrink",
        "--continue-on-failure",
        "--no-color",
        *selected,
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "described_routes_hooks", "PYTHONPATH": str(HERE)}
    run = subprocess.run(command, cwd=SCRATCH, env=environment, capture_output=True, text=True, timeout=170)
    found = run.stdout[run.stdout.find("== FAILURES") :] if "== FAILURES" in run.stdout else run.stdout[-6000:]
    check(run.returncode == 0, f"schemathesis exits with {run.returncode}:\n{found}\n{run.stderr}")


def options(flag, names):
    return [word for name in names for word in (flag, name)]


HERE = pathlib.Path(__file__).resolve().parent
admin, user, last = login()["access_token"], *(
    login(*register(login()["access_token"], permissions))["access_token"]
    for permissions in (("read", "write"), ("admin", "read", "write"))
)

# What the examples name is there, so that it is found: a topic, a document, a session with a peer of the administrator's.
publish(admin, "news", {"n": 1})
update = {"topic": "document/notes", "payload": "AQEBAAQBAXQBYQA=", "encoding": "base64"}
call("PUT", "/api/v1/documents/notes", admin)
call("POST", "/api/v1/messages", admin, update, status=201)
session = call("POST", "/v1/sessions", admin, {"host_id": "alice", "host_policy": "wait"})
path = f"/v1/sessions/{session['session_id']}"
call("POST", f"{path}/join", admin, {"join_token": session["host_token"], "peer_id": "alice"})
description = requests.get(f"{URL}/openapi.json", timeout=20).json()
description["components"]["parameters"]["Session"]["example"] = session["session_id"]
description["components"]["parameters"]["ClientID"]["example"] = "alice"
file = SCRATCH / "openapi.json"
file.write_text(json.dumps(description))

rest = options("--exclude-operation-id", APART + LAST)
generated(file, admin, "examples,coverage", 1, *rest)
generated(file, user, "fuzzing", 3, *rest)
generated(file, last, "coverage,fuzzing", 5, *options("--include-operation-id", LAST))

# What was left out.
equal(requests.post(f"{URL}/auth/logout", headers=bearer(user), timeout=20).status_code, 204, "status of a logout")
refused = requests.get(f"{URL}/sse", headers=bearer(user), params={"topics": "news"}, timeout=20)
equal((refused.status_code, refused.json()), (401, {"detail": "Token has been revoked"}), "answer to its token")
