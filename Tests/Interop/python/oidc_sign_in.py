"""People sign in at an identity provider of another maker: over HTTP, in Chromium, and for the command line; the provider is down at first."""

import json
import os
import pathlib
import re
import subprocess

import oidc_provider_mock
import requests

from devtools import person
from relay import PASSWORD, SCRATCH, URL, USERNAME, bearer, call, check, equal, eventually, login

PORT = int(os.environ["PROVIDER_PORT"])
PROVIDER = f"http://localhost:{PORT}"
PROGRAM = pathlib.Path(os.environ["RELAY_PROGRAM"])


def ada(**claims):
    return {"email": "ada@example.org", "email_verified": True, "groups": ["staff"], **claims}


def sign_in(browser, query="", subject="ada", action=None):
    """Goes through the provider's form as a browser does. Returns the relay's last answer."""
    begun = browser.get(f"{URL}/auth/oidc/mock/login{query}", allow_redirects=False, timeout=20)
    equal(begun.status_code, 302, f"status of the beginning ({begun.text[:200]})")
    place = begun.headers["location"]
    check(place.startswith(f"{PROVIDER}/oauth2/authorize?"), f"where browsers are sent: {place}")
    fields = {"action": action} if action else {"sub": subject}
    back = browser.post(place, data=fields, allow_redirects=False, timeout=20)
    check(back.headers.get("location", "").startswith(f"{URL}/auth/oidc/mock/callback?"), f"the way back: {back.headers}")
    return browser.get(back.headers["location"], allow_redirects=False, timeout=20), back.headers["location"]


# The provider is not there: the relay is, and says what is wrong.
equal(requests.get(f"{URL}/health", timeout=20).status_code, 200, "the relay without its provider")
equal(requests.get(f"{URL}/auth/oidc/mock/login", allow_redirects=False, timeout=20).status_code, 502, "no provider")
listed = requests.get(f"{URL}/auth/oidc/providers", timeout=20).json()
equal(listed, [{"name": "mock", "display_name": "The mock", "login_url": "/auth/oidc/mock/login"}], "the providers")

users = [oidc_provider_mock.User(sub="ada", claims=ada()), oidc_provider_mock.User(sub="eve", claims={"email": USERNAME, "email_verified": True})]
with oidc_provider_mock.run_server_in_thread(port=PORT, require_nonce=True, user_claims=users):
    # A failure is remembered for some seconds.
    eventually(
        lambda: requests.get(f"{URL}/auth/oidc/mock/login", allow_redirects=False, timeout=20).status_code == 302,
        "the provider is found",
    )

    # Over HTTP.
    browser = requests.Session()
    answer, place = sign_in(browser)
    equal(answer.status_code, 200, f"status of the end ({answer.text[:200]})")
    equal(answer.json()["refresh_token"], None, "no refresh token")
    token = answer.json()["access_token"]
    me = call("GET", "/auth/me", token)
    equal(me["username"], "ada@example.org", "who has signed in")
    equal(sorted(me["permissions"]), ["read", "write"], "what the groups give")
    equal(browser.get(place, timeout=20).status_code, 400, "the same answer again")
    again, _ = sign_in(requests.Session())
    equal(call("GET", "/auth/me", again.json()["access_token"])["user_id"], me["user_id"], "the second sign-in")
    denied, _ = sign_in(requests.Session(), action="deny")
    equal((denied.status_code, "access_denied" in denied.text), (400, True), "a sign-in that was denied")
    taken, _ = sign_in(requests.Session(), subject="eve")
    equal(taken.status_code, 409, "an account of the relay's own")
    refused = requests.post(f"{URL}/auth/login", data={"username": "ada@example.org", "password": PASSWORD}, timeout=20)
    equal(refused.status_code, 401, "a log-in by a password that nobody has")

    # Groups change, and with them what the user may do.
    requests.put(f"{PROVIDER}/users/ada", json=ada(groups=["nobody"]), timeout=20).raise_for_status()
    sign_in(requests.Session())
    equal(call("GET", "/auth/me", token)["permissions"], ["read"], "without the group, with the token of before")
    requests.put(f"{PROVIDER}/users/ada", json=ada(), timeout=20).raise_for_status()

    # For a page of the relay's: by a code, and with a refresh token.
    browser = requests.Session()
    led, _ = sign_in(browser, "?next=/console")
    page, code = led.headers["location"].split("#sign_in=")
    equal(page, f"{URL}/console", "where the browser is led")
    equal(requests.post(f"{URL}/auth/oidc/token", data={"code": code}, timeout=20).status_code, 400, "without the cookie")
    led, _ = sign_in(browser, "?next=/console")
    tokens = browser.post(f"{URL}/auth/oidc/token", data={"code": led.headers["location"].split("=")[-1]}, timeout=20)
    equal(tokens.status_code, 200, f"with it ({tokens.text[:200]})")
    call("POST", "/auth/token/refresh", None, {"refresh_token": tokens.json()["refresh_token"]})

    # The command line, let in by a person in Chromium.
    environment = {**os.environ, "XDG_CONFIG_HOME": str(SCRATCH / "config")}
    command = subprocess.Popen(
        [PROGRAM, "login", "--url", URL, "--device", "--client-hint", "a <shell>", "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        code = re.search(r"type in the code (\S+)", command.stderr.readline())[1]
        with person() as visitor:
            # A link in somebody's message leads to the page that says what is approved, and not past it.
            visitor.open(f"{URL}/auth/oidc/mock/login?device_user_code={code}")
            check("Let this device in?" in visitor.text() and "a <shell>" in visitor.text(), f"the page: {visitor.text()}")
            visitor.press("Sign in with The mock")
            visitor.fill("sub", "ada")
            visitor.press("Authorize")
            check("You have signed in as ada@example.org" in visitor.text(), f"the question: {visitor.text()}")
            check("a <shell>" in visitor.text() and code in visitor.text(), f"what it is about: {visitor.text()}")
            check(command.poll() is None, "the device came in before anybody said so")
            visitor.press("Let the device in")
            check("is let in" in visitor.text(), f"the end: {visitor.text()}")
            equal(visitor.evaluate("document.cookie"), "", "what scripts see of the cookies")

            # The console: by a link, and back, with nothing of it left in the address.
            visitor.open(f"{URL}/console")
            visitor.wait_until("document.querySelector('[data-provider]') !== null", "the link to the provider")
            visitor.press("Sign in with The mock")
            visitor.fill("sub", "ada")
            visitor.press("Authorize")
            visitor.wait_until("!document.getElementById('shell').hidden", "the console is entered")
            check("sign_in" not in visitor.evaluate("location.href"), "the code is still in the address")
            visitor.evaluate("location.hash = '#/account'")
            visitor.wait_until("document.body.innerText.includes('ada@example.org')", "whom the console acts for")
        output, errors = command.communicate(timeout=60)
    finally:
        command.kill()
    equal(command.returncode, 0, f"how the command ended ({errors})")
    equal(json.loads(output), {"url": URL, "username": "ada@example.org"}, "whom the command line acts for")

# It is gone again: who is signed in stays so, until an administrator says otherwise.
equal(call("GET", "/auth/me", token)["username"], "ada@example.org", "without the provider")
administrator = login()["access_token"]
call("PATCH", f"/auth/users/{me['user_id']}", administrator, {"is_active": False})
equal(requests.get(f"{URL}/auth/me", headers=bearer(token), timeout=20).status_code, 403, "an account that is not active")
