"""A person lets a device in at the relay's pages, in Chromium; and a page of somebody else can't do it for them."""

import http.server
import threading

import requests

from devtools import person
from relay import PASSWORD, URL, USERNAME, call, check, equal

HINT = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"


def begin(hint):
    return requests.post(f"{URL}/auth/device/code", data={"client_hint": hint}, timeout=20).json()


def ask(device):
    fields = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device["device_code"]}
    return requests.post(f"{URL}/auth/device/token", data=fields, timeout=20).json()


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another site, whose page sends the relay's form as soon as it is opened, and shows the relay's page in a frame."""

    def do_GET(self):
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def elsewhere(page):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.page = page
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


with person() as visitor:
    # From the empty form to the device that is in. What it calls itself is shown, and is not run.
    device = begin(HINT)
    visitor.open(device["verification_uri"])
    visitor.fill("user_code", device["user_code"].lower().replace("-", " "))
    visitor.press("Go on")
    check("<script>" in visitor.text(), f"what the device calls itself is shown: {visitor.text()}")
    check("taken" not in visitor.evaluate("document.title"), "what the device calls itself was run")
    corner = visitor.evaluate("getComputedStyle(document.querySelector('main')).borderTopLeftRadius")
    equal(corner, "12px", "the page has its style")
    visitor.fill("username", USERNAME)
    visitor.fill("password", PASSWORD + "x")
    visitor.press("Sign in and let the device in")
    check("wrong" in visitor.text(), f"a wrong password is told: {visitor.text()}")
    visitor.fill("username", USERNAME)
    visitor.fill("password", PASSWORD)
    visitor.press("Sign in and let the device in")
    check("is let in" in visitor.text(), f"the device is let in: {visitor.text()}")
    equal(call("GET", "/auth/me", ask(device)["access_token"])["username"], USERNAME, "whom the device acts for")

    # Sent away.
    device = begin("a lamp")
    visitor.open(device["verification_uri_complete"])
    visitor.press("Send it away")
    check("sent away" in visitor.text(), f"the device is sent away: {visitor.text()}")
    equal(ask(device)["error"], "access_denied", "what the device is told")
    visitor.open(device["verification_uri_complete"])
    check("No device waits" in visitor.text(), f"its code is used up: {visitor.text()}")

    # Another site knows a code, and a password, and sends the form from the visitor's browser.
    device = begin("a lamp")
    fields = {"user_code": device["user_code"], "username": USERNAME, "password": PASSWORD}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    for action in ["/auth/device", "/auth/device/deny"]:
        form = f'<form method="post" action="{URL}{action}">{inputs}</form><script>document.forms[0].submit()</script>'
        visitor.open(elsewhere(form))
        visitor.wait_until("document.body?.innerText.includes('another page')", "the form is refused")
    equal(ask(device)["error"], "authorization_pending", "what the device is told")

    # Nor does it get the page into a frame.
    frame = f'<iframe src="{device["verification_uri_complete"]}" onload="document.title = \'loaded\'"></iframe>'
    visitor.open(elsewhere(frame))
    visitor.wait_until("document.title === 'loaded'", "the frame has come to rest")
    tree = visitor.call("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]
    check(tree.get("unreachableUrl") or tree["url"].startswith("chrome-error"), f"the page is in a frame: {tree}")
