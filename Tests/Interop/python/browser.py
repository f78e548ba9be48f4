"""Chromium on a page of another origin: it logs in, publishes and receives where that is allowed, else it can't."""

import os
import pathlib

from chromium import visit
from relay import PASSWORD, USERNAME, call, check, equal, login, new_topic

PAGE = pathlib.Path(__file__).with_name("browser.html").read_bytes()

token = login()["access_token"]
user = call("GET", "/auth/me", token)["user_id"]
topic = new_topic("browser")
who = {"username": USERNAME, "password": PASSWORD, "topic": topic}

found = visit(PAGE, int(os.environ["ALLOWED_PORT"]), user=user, **who)
equal(found.get("error"), None, "what went wrong on the page")
equal(found["first"]["status"], 201, "status of the publish")
equal(found["again"]["body"], found["first"]["body"], "answer to the publish with the same key")
check(found["first"]["requestID"], "the page may read the request's id")
equal(found["protocol"], "bearer", "subprotocol that the browser was given")
payloads = [{"text": "Grüße aus dem Browser 🚀"}, {"n": 2}]
for reader in ("socket", "readme", "events", "polled"):
    equal([m["payload"] for m in found[reader]], payloads, f"messages of the {reader} reader")
    equal(found[reader][0]["message_id"], found["first"]["body"]["message_id"], f"first id of the {reader} reader")
equal([m["cursor"] for m in found["events"]], [m["message_id"] for m in found["socket"]], "ids of the events")
equal(found["patched"]["body"].get("email"), "new@example.org", "address after a PATCH")

refused = visit(PAGE, 0, token=token, **who)
equal(refused.get("error"), None, "what went wrong on the refused page")
for attempt, failure in refused.items():
    check(failure, f"a page of an origin that is not allowed succeeded: {attempt}")
equal(set(refused), {"login", "publish", "read", "socket", "events"}, "attempts of the refused page")
page = call("GET", f"/api/v1/topics/{topic}/messages?limit=100&order=asc", token)
equal([m["payload"] for m in page["messages"]], payloads, "what was stored")
