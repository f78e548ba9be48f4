"""In the lab of nat_lab.py: coturn's client names the class of NAT, and two peers try to reach each other, over UDP and TCP.

LAB is what the lab's namespaces begin with, MAPPING "plain" or "random".
"""

import json
import os
import pathlib
import subprocess
import sys
from urllib.parse import urlsplit

from relay import URL, check, equal, login, new_topic

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

token = login()["access_token"]
for transport in ("udp", "tcp"):
    meeting = {
        "RELAY_URL": f"http://198.51.100.1:{PORT}", "STUN": "198.51.100.1:7000", "TOKEN": token, "TOPIC": new_topic(),
    }
    peers = {letter: start(letter, sys.executable, str(PEER), letter, transport, **meeting) for letter in ADDRESSES}
    for letter, output in outputs(peers).items():
        result = json.loads(output.splitlines()[-1])
        equal(result["mapped"][0], ADDRESSES[letter], f"mapped address of {letter} over {transport}")
        equal(result["reached"], MAPPING == "plain", f"whether {letter} reached the other over {transport}: {output}")
        print(f"{transport} {letter}: {result}")
