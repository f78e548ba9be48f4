"""The Debian package from its making to its purge, in a copy of this machine's system that ends with the script: an overlay in a mount
namespace of its own, which Scenario's test makes (`unshare --mount`). The machine itself is not touched.

RELAY is the program, ROOT the repository, SCRATCH a folder."""

import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from copied_system import copy_of_the_system

ROOT = pathlib.Path(os.environ["ROOT"])
RELAY = os.environ["RELAY"]
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
# On a disk that is not an overlay's, see mount(8).
STAGE = SCRATCH / "stage"
SYSTEM = STAGE / "system"
UNIT = "lib/systemd/system/pulsar-relay.service"
PROGRAM = SCRATCH / "pulsar-relay"
PASSWORD = "a password of the administrator"
PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def run(*command, fails=False, env=None):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=400, env=env, stdin=subprocess.DEVNULL)
    check(fails == (done.returncode != 0), f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def inside(*command, fails=False):
    return run("chroot", SYSTEM, *command, fails=fails, env=PLAIN)


def machine():
    """What a package would change of this machine."""
    status = hashlib.sha256(pathlib.Path("/var/lib/dpkg/status").read_bytes()).hexdigest()
    users = hashlib.sha256(pathlib.Path("/etc/passwd").read_bytes()).hexdigest()
    return status, users, os.path.exists("/usr/bin/pulsar-relay"), os.path.exists("/etc/pulsar-relay")


def made(version):
    said = run(ROOT / "scripts" / "make-package", "--here", "--fast", "--program", PROGRAM, "--version", version, SCRATCH, env=os.environ)
    package = pathlib.Path(said.splitlines()[-1])
    shutil.copy(package, SYSTEM / "tmp")
    return f"/tmp/{package.name}"


def files():
    """Every file of the copy that is no log and no register of packages, with its content's digest."""
    found = {}
    for folder in ("etc", "lib/systemd", "usr/bin", "usr/share/man/man1", "usr/share/man/man5", "usr/share/doc", "usr/share/bash-completion",
                   "usr/share/zsh", "usr/share/fish", "var/lib"):
        for path in (SYSTEM / folder).rglob("*"):
            name = str(path.relative_to(SYSTEM))
            if path.is_symlink() or not path.is_file() or name.startswith(("var/lib/dpkg/", "var/lib/systemd/")):
                continue
            found[name] = path.stat().st_size, path.stat().st_mtime_ns
    # The user stays, and what was written beside the old lists of users with it.
    return {name: each for name, each in found.items() if not re.fullmatch(r"etc/(passwd|group|g?shadow|sub[ug]id)-?|etc/\.pwd\.lock", name)}


def settings():
    """The unit's settings. Each key may stand more than once."""
    found = {}
    for line in (SYSTEM / UNIT).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


class Service:
    """The relay, started as systemd would by the unit: as its user, in its folder, with a socket that waits for news."""

    def __init__(self, unit):
        self.user = next(line.split(":") for line in (SYSTEM / "etc/passwd").read_text().splitlines() if line.startswith("pulsar-relay:"))
        (name,) = unit["StateDirectory"]
        state = SYSTEM / "var/lib" / name
        state.mkdir(mode=int(unit["StateDirectoryMode"][0], 8), exist_ok=True)
        os.chown(state, int(self.user[2]), int(self.user[3]))
        self.news = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.news.bind(str(SYSTEM / "run/notify"))
        os.chmod(SYSTEM / "run/notify", 0o777)
        self.news.settimeout(60)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = PLAIN | {
            "NOTIFY_SOCKET": "/run/notify",
            "WATCHDOG_USEC": "1000000",
            "PULSAR_PORT": str(port),
            "PULSAR_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        }
        self.log = open(SCRATCH / "service.log", "ab")
        command = unit["ExecStart"][0].split()
        self.process = subprocess.Popen(
            ["chroot", f"--userspec={self.user[2]}:{self.user[3]}", SYSTEM, "env", "-C", unit["WorkingDirectory"][0], *command],
            env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )
        self.await_news("READY=1")

    def await_news(self, wanted):
        try:
            while (news := self.news.recv(4096).decode()).splitlines()[0] != wanted:
                pass
            return news
        except TimeoutError:
            sys.exit(f"failed: no {wanted}\n" + (SCRATCH / "service.log").read_text()[-3000:])

    def call(self, path, token=None, data=None):
        request = urllib.request.Request(self.url + path, data=data)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def login(self):
        form = urllib.parse.urlencode({"username": "admin", "password": PASSWORD}).encode()
        return self.call("/auth/login", data=form)["access_token"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        news = self.await_news("STOPPING=1")
        check("EXTEND_TIMEOUT_USEC=" in news, news)
        check(self.process.wait(60) == 0, "the exit after SIGTERM")
        self.news.close()
        (SYSTEM / "run/notify").unlink()


def status(path):
    found = (SYSTEM / path).stat()
    return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


before = machine()
copy_of_the_system(STAGE)
untouched = files()
# Once for all that are made of it: a debug build is large.
run("strip", "--strip-unneeded", "-o", PROGRAM, RELAY)
first, second = made("0.0.1"), made("0.0.2")

# What is in it.
fields = run("dpkg-deb", "--field", str(SYSTEM) + first)
for library in ("libc6", "libsqlite3-0", "libsodium23", "libhiredis0.14", "libargon2-1", "libngtcp2-9", "libngtcp2-crypto-gnutls2", "zlib1g"):
    check(re.search(rf"Depends:.*\b{re.escape(library)}\b", fields), f"it needs {library}: {fields}")
for line in run("dpkg-deb", "--contents", str(SYSTEM) + first).splitlines():
    mode, owner = line.split()[:2]
    check(owner == "root/root" and mode[8] != "w" and mode[5] != "w" and "s" not in mode, line)
run("cmp", str(SYSTEM) + first, SCRATCH / pathlib.Path(made("0.0.1")).name)

# Installed.
inside("dpkg", "--install", first)
unit = settings()
service = Service(unit)
group = int(service.user[3])
check(int(service.user[2]) != 0 and service.user[6].endswith("nologin"), f"its user: {service.user}")
secret = (SYSTEM / "etc/pulsar-relay/jwt-secret").read_text()
check(re.fullmatch("[0-9a-f]{64}", secret), "the secret is 256 bits")
check(status("etc/pulsar-relay/jwt-secret") == (0o640, 0, group), "who may read the secret")
check(status("var/lib/pulsar-relay")[0] == 0o700, "who may read the data")
check(service.call("/ready")["ready"], "it is ready when it says so")
service.await_news("WATCHDOG=1")
service.await_news("WATCHDOG=1")
token = service.login()
body = json.dumps({"topic": "news", "payload": {"kept": True}}).encode()
stored = service.call("/api/v1/messages", token, body)["message_id"]
service.stop()
check((SYSTEM / "var/lib/pulsar-relay/pulsar-relay.sqlite3").exists(), "where its data is")
check(not inside("dpkg", "--verify", "pulsar-relay"), "the files are those of the package")
enabled = SYSTEM / "etc/systemd/system/multi-user.target.wants/pulsar-relay.service"
check(enabled.is_symlink(), "the service is enabled")

# What others say of the unit.
inside("systemd-analyze", "verify", f"/{UNIT}")
inside("systemd-analyze", "security", "--offline=true", "--threshold=20", f"/{UNIT}")
for key in ("ProtectSystem=strict", "NoNewPrivileges=yes", "PrivateTmp=yes", "MemoryDenyWriteExecute=yes", "Type=notify"):
    name, value = key.split("=")
    check(unit[name] == [value], f"the unit has {key}")

# Its pages and completions are found.
check("pulsar-relay-serve" in inside("man", "--where", "pulsar-relay-serve"), "where the page is")
check("PULSAR-RELAY.YAML(5)" in inside("man", "5", "pulsar-relay.yaml"), "what the page says")
check("complete" in inside("bash", "-c", ". /usr/share/bash-completion/completions/pulsar-relay && complete -p pulsar-relay"), "completions")

# Its steps may come again: after a failure in between dpkg calls them anew.
inside("/var/lib/dpkg/info/pulsar-relay.postinst", "configure", "0.0.1")
check((SYSTEM / "etc/pulsar-relay/jwt-secret").read_text() == secret, "the secret stays")

# An upgrade keeps what the administrator has changed, the secret, the data, and a service that was disabled.
configuration = SYSTEM / "etc/pulsar-relay/config.yaml"
with configuration.open("a") as file:
    file.write("log_level: debug\n")
inside("systemctl", "disable", "pulsar-relay.service")
inside("dpkg", "--install", second)
check("0.0.2" in inside("dpkg-query", "--show", "pulsar-relay"), "which version is there")
check("log_level: debug" in configuration.read_text(), "the configuration stays")
check((SYSTEM / "etc/pulsar-relay/jwt-secret").read_text() == secret, "the secret stays")
check(not enabled.is_symlink(), "a disabled service stays so")
service = Service(unit)
history = service.call("/api/v1/topics/news/messages?order=asc&limit=10", service.login())
check(stored in json.dumps(history), f"the message stays: {history}")
# The token of before is good still.
service.call("/api/v1/topics", token)
service.stop()

# Removed, it leaves data and configuration; purged, nothing but its user.
inside("dpkg", "--remove", "pulsar-relay")
check(not (SYSTEM / "usr/bin/pulsar-relay").exists(), "the program is gone")
check((SYSTEM / "var/lib/pulsar-relay/pulsar-relay.sqlite3").exists() and configuration.exists(), "a removal leaves the data")
inside("dpkg", "--purge", "pulsar-relay")
now = files()
left = {name for name, each in now.items() if untouched.get(name) != each}
check(not left, f"a purge leaves {left}")
check(not untouched.keys() - now.keys(), f"a purge takes {untouched.keys() - now.keys()}")

check(machine() == before, "the machine was touched")
