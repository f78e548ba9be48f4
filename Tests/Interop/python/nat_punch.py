"""In the lab of nat_lab.py: coturn's client names the class of NAT, and two peers of a session try to reach each other, over UDP and TCP, when and
where the relay tells them. Those that can't go on through the relay.

LAB is what the lab's namespaces begin with, MAPPING "plain" or "random".
"""

import json
import os
import pathlib
import subprocess
import sys
from urllib.parse import urlsplit

import requests

from relay import URL, call, check, equal, eventually, login

LAB, MAPPING = os.environ["LAB"], os.environ["MAPPING"]
PORT = urlsplit(URL).port
PEER = pathlib.Path(__file__).with_name("nat_peer.py")
ADDRESSES = {"a": "198.51.100.11", "b": "198.51.100.12"}


def start(letter, *command, **environment):
    return subprocess.Popen(
        ["ip", "netns", "exec", f"{LAB}-peer-{letter}", *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment},
    )


def outputs(processes):
    """What each said, by its letter. All of them are gone afterwards."""
    found = {}
    try:
        for letter, process in processes.items():
            found[letter], _ = process.communicate(timeout=90)
            equal(process.returncode, 0, f"exit of {letter}: {found[letter]}")
    finally:
        for process in processes.values():
            if process.poll() is None:
                process.kill()
    return found


discovery = ("turnutils_natdiscovery", "-m", "-f", "-L", "10.0.0.2", "-p", "7000", "198.51.100.1")
kind = {"plain": "Endpoint Independent Mapping", "random": "Address and Port Dependent Mapping"}[MAPPING]
for letter, output in outputs({letter: start(letter, *discovery) for letter in ADDRESSES}).items():
    check(f"UDP reflexive addr: {ADDRESSES[letter]}:" in output, f"{letter} learns its mapped address: {output}")
    check(f"NAT with {kind}!" in output, f"{letter} learns that its NAT has {kind}: {output}")
    check("NAT with Address and Port Dependent Filtering!" in output, f"{letter} learns what is filtered: {output}")

admin = login()["access_token"]
CLASS = {"plain": "port_restricted_cone", "random": "symmetric"}[MAPPING]


def metric(name, **labels):
    """The value of a series, 0 where there is none."""
    for line in requests.get(f"{URL}/metrics", timeout=20).text.splitlines():
        if line.startswith(name) and all(f'{label}="{value}"' in line for label, value in labels.items()):
            return float(line.split()[-1])
    return 0.0


attempts = 0
for transport in ("udp", "tcp"):
    session = call("POST", "/v1/sessions", admin, {"host_id": "a"})
    path = f"/v1/sessions/{session['session_id']}"
    meeting = {
        "RELAY_URL": f"http://198.51.100.1:{PORT}", "STUN": "198.51.100.1:7000", "SESSION": session["session_id"],
        "NAT_CLASS": CLASS,
    }
    tickets = {
        letter: call("POST", f"{path}/join", admin, {"peer_id": letter, "join_token": session["join_token"]})["ticket"]
        for letter in ADDRESSES
    }
    peers = {
        letter: start(letter, sys.executable, str(PEER), letter, transport, TICKET=tickets[letter], **meeting)
        for letter in ADDRESSES
    }
    for letter, output in outputs(peers).items():
        result = json.loads(output.splitlines()[-1])
        equal(result["mapped"][0], ADDRESSES[letter], f"mapped address of {letter} over {transport}")
        equal(result["reached"], MAPPING == "plain", f"whether {letter} reached the other over {transport}: {output}")
        equal(result["relayed"], MAPPING == "random", f"whether {letter} went on through the relay: {output}")
        print(f"{transport} {letter}: {result}")
    attempts += 2
    equal(metric("pulsar_hole_punch_attempts_total", nat_type=CLASS), attempts, "peers that were told to try")
    reached = attempts if MAPPING == "plain" else 0
    eventually(lambda: metric("pulsar_hole_punch_success_total", nat_type=CLASS) == reached, "successes are counted")
    mode = ("direct_" + transport) if MAPPING == "plain" else "tunnel"
    paths = call("GET", f"{path}/paths", tickets["a"])["paths"]
    equal([found["peers"] for found in paths], [["a", "b"]], "who has a way to whom")
    if MAPPING == "plain":
        equal(paths[0]["mode"], mode, "the way that the two take")
    else:
        usage = {found["mode"]: found["bytes"] for found in paths[0]["usage"]}
        equal(usage["tunnel"], [14, 14], "what went through the relay, each way")
        check(metric("pulsar_path_switches_total", to="tunnel", reason="opened") == attempts / 2, "the way is counted")
equal(metric("pulsar_p2p_success_ratio"), 1 if MAPPING == "plain" else 0, "the share of successes")
equal(metric("pulsar_nat_type_detected_total", nat_type=CLASS), attempts, "NATs that were told of")
