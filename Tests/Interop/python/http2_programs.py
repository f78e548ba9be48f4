"""curl, nghttp and h2load over HTTP/2, as Debian has them."""

import json
import os
import re
import subprocess

from relay import URL, check, equal, login, new_topic

token = login()["access_token"]
BEARER = f"Authorization: Bearer {token}"


def run(*command, seconds=120):
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    check(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-500:]}")
    return done.stdout


def curl(*arguments):
    return run("curl", "--silent", "--show-error", "--fail-with-body", "--http2", *arguments)


equal(curl("-o", "/dev/null", "-w", "%{http_version} %{http_code}", f"{URL}/health"), "2 200", "what curl says of /health")
topic = new_topic("programs")
body = json.dumps({"topic": topic, "payload": {"n": 1}})
sent = json.loads(curl("-H", BEARER, "--json", body, f"{URL}/api/v1/messages"))["message_id"]
page = json.loads(curl("-H", BEARER, f"{URL}/api/v1/topics/{topic}/messages"))
equal([m["message_id"] for m in page["messages"]], [sent], "history by curl")
# The port for metrics alone speaks it as well.
metrics = f"https://127.0.0.1:{os.environ['METRICS_PORT']}/metrics"
equal(curl("-o", "/dev/null", "-w", "%{http_version} %{http_code}", metrics), "2 200", "what curl says of the metrics' port")
# Several at a time on one connection.
many = curl("--parallel", "--parallel-immediate", "-w", "%{http_version}\n", *[f"{URL}/health/liveness"] * 20)
check(many.count("2\n") == 20, "curl's requests in parallel")
# An event stream, for as long as curl likes.
stream = subprocess.run(
    ["curl", "--silent", "--http2", "-N", "--max-time", "2", "-H", BEARER, f"{URL}/sse?topics={topic}&offset=earliest"],
    capture_output=True, text=True, timeout=30,
)
check(sent in stream.stdout, f"an event by curl: {stream.stdout!r}")
# A large body, with and without a length.
large = os.path.join(os.environ["SCRATCH"], "large.json")
with open(large, "w") as file:
    json.dump({"topic": topic, "payload": {"text": "z" * 900_000}}, file)
for extra in [], ["-H", "Content-Length:"]:
    reply = curl("-H", BEARER, "-H", "Content-Type: application/json", "--data-binary", f"@{large}", *extra, f"{URL}/api/v1/messages")
    check("message_id" in reply, "a large publish by curl")

told = run("nghttp", "-nv", "--no-verify-peer", f"{URL}/health")
check("SETTINGS_ENABLE_CONNECT_PROTOCOL" in told or "[SETTINGS_ENABLE_CONNECT_PROTOCOL" in told, "nghttp hears of WebSockets")
check(re.search(r":status: 200", told), "status by nghttp")
told = run("nghttp", "-ns", "--no-verify-peer", "-m", "50", f"{URL}/health/liveness")
check("200" in told, "fifty requests by nghttp")

post = os.path.join(os.environ["SCRATCH"], "post.json")
with open(post, "w") as file:
    file.write(body)
for arguments in [
    ["-n", "2000", "-c", "10", "-m", "20", f"{URL}/health/liveness"],
    ["-n", "2000", "-c", "4", "-m", "50", "-d", post, "-H", BEARER, "-H", "Content-Type: application/json", f"{URL}/api/v1/messages"],
]:
    told = run("h2load", *arguments)
    check("2000 succeeded, 0 failed, 0 errored" in told, f"h2load: {told[-800:]}")
    check("Application protocol: h2" in told, "h2load's protocol")
    check("2000 2xx" in told, f"h2load's statuses: {told[-800:]}")
