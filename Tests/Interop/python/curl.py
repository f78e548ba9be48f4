"""curl, as in the relay's first README: log in, publish, a poll loop, an event stream, and a body that is too large."""

import json
import subprocess
import tempfile

from relay import PASSWORD, SCRATCH, URL, USERNAME, check, equal, new_topic

topic = new_topic("curl")


def curl(*arguments, data=None):
    """Returns the status and the body."""
    command = ["curl", "--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, timeout=90, check=False)
    check(done.returncode == 0, f"curl failed: {done.stderr.decode()}")
    body, _, status = done.stdout.decode().rpartition("\n")
    return int(status), body


def post(path, body, *arguments):
    status, text = curl(
        "-X", "POST", f"{URL}{path}", "-H", AUTHORIZATION, "-H", "Content-Type: application/json", "-d", body, *arguments
    )
    return status, json.loads(text)


status, reply = curl("-X", "POST", f"{URL}/auth/login", "-d", f"username={USERNAME}&password={PASSWORD}")
equal(status, 200, "status of the login")
token = json.loads(reply)["access_token"]
AUTHORIZATION = f"Authorization: Bearer {token}"

# The stream is open once its first lines are there.
errors = tempfile.TemporaryFile(dir=SCRATCH)
stream = subprocess.Popen(
    ["curl", "-N", "-sS", "--max-time", "60", f"{URL}/sse?topics={topic}", "-H", AUTHORIZATION],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.PIPE,
    stderr=errors,
    text=True,
)
try:
    check(stream.stdout.readline().startswith("retry:"), "the event stream begins")

    # `since: {}` waits for what is new. The poll runs beside the publish that ends it, or finds it in the next round.
    poll = subprocess.Popen(
        ["curl", "-sS", "--max-time", "60", "-X", "POST", f"{URL}/messages/poll", "-H", AUTHORIZATION]
        + ["-H", "Content-Type: application/json"]
        + ["-d", json.dumps({"topics": [topic], "since": {}, "timeout": 30.0})],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    while json.loads(curl(f"{URL}/messages/poll/stats", "-H", AUTHORIZATION)[1])["active_waiters"] == 0:
        check(poll.poll() is None, "the poll ended before anything was published")
    status, receipt = post("/api/v1/messages", json.dumps({"topic": topic, "payload": {"n": 1}}))
    equal(status, 201, "status of the publish")
    polled = json.loads(poll.communicate(timeout=60)[0])["messages"]
    equal([m["message_id"] for m in polled], [receipt["message_id"]], "what the waiting poll brings")

    # The loop goes on with the id that it keeps.
    since = {topic: polled[-1]["message_id"]}
    bulk = {"messages": [{"topic": topic, "payload": {"n": n}} for n in (2, 3)]}
    status, reply = post("/api/v1/messages/bulk", json.dumps(bulk), "-H", "Idempotency-Key: curl's")
    equal(status, 207, "status of the bulk")
    status, reply = post("/messages/poll", json.dumps({"topics": [topic], "since": since, "timeout": 30.0}))
    equal([m["payload"]["n"] for m in reply["messages"]], [2, 3], "what the next poll brings")
    since = {topic: reply["messages"][-1]["message_id"]}
    status, reply = post("/messages/poll", json.dumps({"topics": [topic], "since": since, "timeout": 1.5}))
    equal((status, reply["messages"], reply["has_more"]), (200, [], False), "a poll that times out")

    events = []
    for line in stream.stdout:
        if line.startswith("data: "):
            events.append(json.loads(line.removeprefix("data: ")))
        if len(events) == 3:
            break
    equal([e["payload"]["n"] for e in events], [1, 2, 3], "messages of the event stream")
finally:
    stream.terminate()
    stream.wait()

# `Last-Event-ID` goes on after an event. The stream does not end by itself: curl gives up on it.
resumed = subprocess.run(
    ["curl", "-N", "-s", "--max-time", "2", f"{URL}/sse?topics={topic}", "-H", AUTHORIZATION]
    + ["-H", f"Last-Event-ID: {events[0]['message_id']}"],
    capture_output=True,
    text=True,
    timeout=60,
    check=False,
)
equal(resumed.returncode, 28, "how curl ended: its time was over")
lines = [line.removeprefix("data: ") for line in resumed.stdout.splitlines() if line.startswith("data: ")]
equal([json.loads(line)["payload"]["n"] for line in lines], [2, 3], "messages after the event")

# Too large, with its size said at the start and without.
large = b'{"topic":"' + topic.encode() + b'","payload":{"text":"' + b"x" * 2_000_000 + b'"}}'
for what, header in {"chunked": "Transfer-Encoding: chunked", "declared": "Expect:"}.items():
    status, _ = curl(
        "-X", "POST", f"{URL}/api/v1/messages", "-H", AUTHORIZATION, "-H", "Content-Type: application/json",
        "-H", header, "--data-binary", "@-", data=large,
    )  # fmt: skip
    equal(status, 413, f"status of a {what} body that is too large")

# A wrong token is told apart from a wrong body, and a method that does not exist from a route that does not.
equal(curl(f"{URL}/auth/me", "-H", "Authorization: Bearer wrong")[0], 401, "status of a wrong token")
equal(post("/api/v1/messages", "{")[0], 422, "status of broken JSON")
equal(curl(f"{URL}/nowhere")[0], 404, "status of an unknown route")
equal(curl("-X", "DELETE", f"{URL}/api/v1/messages", "-H", AUTHORIZATION)[0], 405, "status of a wrong method")
status, reply = curl(f"{URL}/health")
equal((status, json.loads(reply)["status"]), (200, "healthy"), "health")
