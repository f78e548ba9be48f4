"""Makes and takes away a lab of NATs, as root.

    nat_lab.py up NAME OWN SERVER RULE
    nat_lab.py down NAME

The namespace NAME-server holds a bridge with the addresses 198.51.100.1 and .2. On it are two NATs, NAME-nat-a (.11) and
NAME-nat-b (.12), and behind each a peer, NAME-peer-a and NAME-peer-b, which both are 10.0.0.2 in a network of their own. RULE is
what a NAT does with what goes out: "masquerade" or "masquerade random". What nobody behind a NAT asked for is dropped.
The caller reaches the server past the NATs by a link from OWN to SERVER.
"""

import os
import signal
import subprocess
import sys

RULES = """
table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "wan" %s; }
}
table ip filter {
    chain through { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan" accept; }
    # A NAT of the home does not say that nobody listens: a reset would end a connection that is being opened from both ends.
    chain inside { type filter hook input priority 0; policy accept; iifname "wan" ct state new drop; }
}
"""
PLACES = ("server", "nat-a", "nat-b", "peer-a", "peer-b")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def up(name, own, server, rule):
    for place in PLACES:
        ip("netns", "add", f"{name}-{place}")
        ip("-n", f"{name}-{place}", "link", "set", "lo", "up")
    link(name, ("", control(name), f"{own}/30"), (f"{name}-server", "control", f"{server}/30"))
    ip("-n", f"{name}-server", "link", "add", "wan", "type", "bridge")
    for number in (1, 2):
        ip("-n", f"{name}-server", "addr", "add", f"198.51.100.{number}/24", "dev", "wan")
    ip("-n", f"{name}-server", "link", "set", "wan", "up")
    for number, letter in enumerate("ab", 11):
        nat, peer = f"{name}-nat-{letter}", f"{name}-peer-{letter}"
        link(name, (f"{name}-server", f"nat-{letter}", None), (nat, "wan", f"198.51.100.{number}/24"))
        ip("-n", f"{name}-server", "link", "set", f"nat-{letter}", "master", "wan")
        link(name, (nat, "lan", "10.0.0.1/24"), (peer, "eth", "10.0.0.2/24"))
        ip("-n", peer, "route", "add", "default", "via", "10.0.0.1")
        ip("netns", "exec", nat, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        subprocess.run(["ip", "netns", "exec", nat, "nft", "-f", "-"], input=RULES % rule, text=True, check=True)


def link(name, *ends):
    """Two ends, each a namespace ("" for the caller's), the name of the link there, and its address."""
    (first, first_name, _), (second, second_name, _) = ends
    here = ["-n", first] if first else []
    ip(*here, "link", "add", first_name, "type", "veth", "peer", "name", second_name, "netns", second)
    for place, end, address in ends:
        there = ["-n", place] if place else []
        if address:
            ip(*there, "addr", "add", address, "dev", end)
        ip(*there, "link", "set", end, "up")


def control(name):
    """The caller's end of the link to the server; 15 characters at most."""
    return "rn" + name.rsplit("-", 1)[1][-8:]


def down(name):
    """Takes away what there is, whatever of it was made. A namespace lives as long as a process in it."""
    for place in PLACES:
        namespace = f"{name}-{place}"
        pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True).stdout.split()
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(["ip", "netns", "del", namespace], capture_output=True)
    subprocess.run(["ip", "link", "del", control(name)], capture_output=True)
    left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout.split()
    if any(f"{name}-{place}" in left for place in PLACES):
        sys.exit(f"the lab {name} is still there")


if __name__ == "__main__":
    {"up": up, "down": down}[sys.argv[1]](*sys.argv[2:])
