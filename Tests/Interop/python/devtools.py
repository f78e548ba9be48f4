"""A person at Chromium: opens the pages of a relay, types, and presses buttons, by the browser's DevTools protocol."""

import contextlib
import itertools
import json
import socket
import time

import requests
from websockets.sync.client import connect

from chromium import chromium
from relay import check, eventually


class Person:
    """One tab."""

    def __init__(self, debugger):
        self.socket = connect(debugger, max_size=None)
        self.numbers = itertools.count(1)
        self.call("Page.enable")

    def call(self, method, **parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (reply := json.loads(self.socket.recv(timeout=30))).get("id") != number:
            pass
        check("error" not in reply, f"{method}: {reply.get('error')}")
        return reply["result"]

    def evaluate(self, expression):
        """What the expression gives in the page; None where the page is just being left."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait_until("document.readyState === 'complete' && location.href !== 'about:blank'", f"{url} is there")

    def wait_until(self, condition, what):
        eventually(lambda: self.evaluate(condition) is True, f"{what}; the page says: {self.text()}", 30)

    def text(self):
        return self.evaluate("document.body?.innerText ?? ''")

    def fill(self, name, value):
        found = self.evaluate(
            f"(field => {{ if (field) field.value = {json.dumps(value)}; return !!field }})"
            f"(document.querySelector('input[name={name}]:not([type=hidden])'))"
        )
        check(found, f"there is no field {name}: {self.text()}")

    def press(self, label):
        """Presses the button or the link of this name, and waits until another page is there."""
        self.evaluate("window.isOld = true")
        found = self.evaluate(
            f"(one => {{ one?.click(); return !!one }})([...document.querySelectorAll('button, a')]"
            f".find(one => one.innerText.trim() === {json.dumps(label)}))"
        )
        check(found, f"there is no {label}: {self.text()}")
        self.wait_until("!window.isOld && document.readyState === 'complete'", f"{label} leads on")


@contextlib.contextmanager
def person():
    """Starts the browser with an empty tab."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with chromium("about:blank", [f"--remote-debugging-port={port}", "--remote-allow-origins=*"]):
        yield Person(eventually(lambda: debugger(port), "the browser is there", 60))


def debugger(port):
    try:
        tabs = requests.get(f"http://127.0.0.1:{port}/json/list", timeout=5).json()
    except requests.ConnectionError:
        time.sleep(0.1)
        return None
    return next((tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"), None)
