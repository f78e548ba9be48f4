"""What an image of docker/ would be, without an engine that makes images: the last stage of its Dockerfile is carried out in a copy of this
machine's system, an overlay in a mount namespace that ends with the script. Then the image's command runs there as it would: as its user,
with a root that it can't write, in its environment. What is not tried is Docker itself, and the stage that builds the relay.

RELAY is the program, ROOT the repository, SCRATCH a folder. The argument names the Dockerfile."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from copied_system import copy_of_the_system

ROOT = pathlib.Path(os.environ["ROOT"])
SCRATCH = pathlib.Path(os.environ["SCRATCH"])
STAGE = SCRATCH / "stage"
SYSTEM = STAGE / "system"
PASSWORD = "a password of the administrator"
PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def check(condition, message):
    if not condition:
        sys.exit(f"failed: {message}")


def run(*command, env=None):
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=400, env=env, stdin=subprocess.DEVNULL)
    check(done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def bare_system():
    copy_of_the_system(STAGE)
    # A bare Debian has nobody but its own users.
    for name in ("passwd", "group"):
        file = SYSTEM / "etc" / name
        own = [line for line in file.read_text().splitlines() if not 1000 <= int(line.split(":")[2]) < 60000]
        file.write_text("\n".join(own) + "\n")
    # An image has no service that could be started.
    policy = SYSTEM / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)


class Image:
    """The last stage of a Dockerfile, carried out."""

    def __init__(self, file):
        text = (ROOT / file).read_text()
        text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
        self.environment, self.volumes, self.command = dict(PLAIN), [], []
        for line in text[text.rindex("FROM "):].splitlines():
            word, _, rest = line.partition(" ")
            getattr(self, "do_" + word.lower(), lambda _: sys.exit(f"failed: {file} has {line}"))(rest.strip())

    def do_(self, rest):
        pass

    def do_from(self, rest):
        check(rest == "debian:12-slim", f"on {rest}")

    def do_copy(self, rest):
        *sources, target = rest.split()
        there = SYSTEM / target.lstrip("/")
        if sources[0] == "--from=build":
            check(sources[1:] == ["/out/pulsar-relay"], f"what the build makes: {sources}")
            run("strip", "--strip-unneeded", "-o", there, os.environ["RELAY"])
            there.chmod(0o755)
            return
        there.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copy(ROOT / source, there)

    def do_run(self, rest):
        run("chroot", SYSTEM, "/bin/sh", "-c", rest, env=PLAIN)

    def do_user(self, rest):
        self.user = rest

    def do_env(self, rest):
        self.environment |= dict(each.split("=", 1) for each in shlex.split(rest))

    def do_volume(self, rest):
        self.volumes.append(rest)

    def do_expose(self, rest):
        self.ports = rest.split()

    def do_healthcheck(self, rest):
        self.health = json.loads(rest[rest.index("CMD ") + 4:])

    def do_entrypoint(self, rest):
        self.command = json.loads(rest)

    def do_cmd(self, rest):
        self.command = self.command + json.loads(rest)

    def seal(self):
        """From now on only volumes can be written."""
        for number, volume in enumerate(self.volumes):
            owner = (SYSTEM / volume.lstrip("/")).stat()
            run("mount", "-t", "tmpfs", "-o", f"uid={owner.st_uid},gid={owner.st_gid},mode=0755", f"volume{number}", SYSTEM / volume.lstrip("/"))
        run("mount", "-o", "remount,ro", SYSTEM)

    def start(self, **environment):
        return Container(self, environment)


class Container:
    def __init__(self, image, environment):
        self.image = image
        self.environment = image.environment | environment
        self.log = SCRATCH / f"container-{time.monotonic_ns()}.log"
        self.process = subprocess.Popen(self.inside(image.command), env=self.environment, stdin=subprocess.DEVNULL,
                                        stdout=self.log.open("wb"), stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not self.is_healthy():
            check(self.process.poll() is None, f"it ended: {self.log.read_text()}")
            check(time.monotonic() < deadline, f"it is not healthy: {self.log.read_text()}")
            time.sleep(0.2)

    def inside(self, command):
        return ["chroot", f"--userspec={self.image.user}", SYSTEM, *command]

    def is_healthy(self):
        asked = subprocess.run(self.inside(self.image.health), env=self.environment, capture_output=True, timeout=10)
        return asked.returncode == 0

    def login(self, port):
        form = urllib.parse.urlencode({"username": "admin", "password": PASSWORD}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/auth/login", data=form, timeout=20) as reply:
            return json.load(reply)["access_token"]

    def publish(self, port, topic):
        body = json.dumps({"topic": topic, "payload": {"n": 1}}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/messages", data=body)
        request.add_header("Authorization", f"Bearer {self.login(port)}")
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)["message_id"]

    def processes(self):
        """Names of the programs that the container runs."""
        found = set()
        for each in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(each / "root").startswith(str(SYSTEM)):
                    found.add((each / "comm").read_text().strip())
            except OSError:
                pass
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            sys.exit(f"failed: {self.processes()} run 60 s after SIGTERM: {self.log.read_text()}")
        check(code == 0, f"the exit after SIGTERM: {self.log.read_text()}")
        check(not self.is_healthy(), "what has ended is healthy")


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def common():
    """Settings of a start that gets in nobody's way here."""
    return {"PULSAR_PORT": port(), "PULSAR_UDP_BIND": "", "PULSAR_QUIC_BIND": "", "PULSAR_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD}


def try_plain(image):
    check(image.ports == ["8080", "7000", "7000/udp", "7001/udp", "8443/udp"], f"{image.ports}")
    settings = common()
    container = image.start(**settings)
    container.publish(settings["PULSAR_PORT"], "news")
    check((SYSTEM / "var/lib/pulsar-relay/pulsar-relay.sqlite3").exists(), "where its data is")
    container.stop()
    # A port that is said in one text, as the session service's variables have it.
    bind = f"127.0.0.1:{port()}"
    container = image.start(**(settings | {"PULSAR_PORT": "", "PULSAR_HOST": "", "PULSAR_HTTP_BIND": bind}))
    container.login(bind.rpartition(":")[2])
    container.stop()


def try_with_valkey(image):
    own, settings = port(), common()
    container = image.start(**settings, PULSAR_VALKEY_PORT=own, PULSAR_STORAGE_DURABILITY="synced")
    check("valkey-server" in container.processes(), f"its own Valkey runs: {container.processes()}")
    container.publish(settings["PULSAR_PORT"], "news")
    password = (SYSTEM / "var/lib/valkey/valkey-password").read_text()

    def valkey(*words, at=own):
        return run("chroot", SYSTEM, "valkey-cli", "-p", at, *words, env=PLAIN | {"REDISCLI_AUTH": password})

    check("\nyes" in valkey("config", "get", "appendonly"), "each change is written to its log")

    # Another container on that Valkey starts none of its own, and shares what is there.
    (SYSTEM / "var/lib/valkey/second").mkdir()
    os.chown(SYSTEM / "var/lib/valkey/second", *map(int, image.user.split(":")))
    second = common()
    address = "127.0.0.1"
    shared = {"PULSAR_JWT_SECRET_KEY": (SYSTEM / "var/lib/valkey/jwt-secret").read_text(), "PULSAR_VALKEY_PASSWORD": password}
    # By a name that is none of the loopback interface's own.
    elsewhere = second | shared | {"PULSAR_VALKEY_HOST": socket.gethostname(), "PULSAR_VALKEY_PORT": own, "VALKEY_DATA": "/var/lib/valkey/second"}
    addresses = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    if addresses and not all(each.startswith("127.") for each in addresses):
        container.stop()
        container = image.start(**settings, PULSAR_VALKEY_PORT=own, VALKEY_BIND=" ".join(addresses))
    other = image.start(**elsewhere)
    check(not any((SYSTEM / "var/lib/valkey/second").iterdir()), "it has no Valkey of its own")
    other.publish(second["PULSAR_PORT"], "news")
    other.stop()

    # Its Valkey takes over from another by replication, and serves where that one has gone.
    replica = port()
    copy = common()
    third = image.start(**copy, **shared, PULSAR_VALKEY_PORT=replica, VALKEY_DATA="/var/lib/valkey/second")
    # Microseconds a key: it writes its log anew for a while, and is told to stop meanwhile.
    valkey("config", "set", "rdb-key-save-delay", "100000", at=replica)
    valkey("replicaof", address, own, at=replica)
    deadline = time.monotonic() + 30
    while "master_link_status:up" not in valkey("info", "replication", at=replica):
        check(time.monotonic() < deadline, "it does not follow the other")
        time.sleep(0.1)
    valkey("replicaof", "no", "one", at=replica)
    check(valkey("dbsize", at=replica) == valkey("dbsize"), "it has what the other has")
    check("aof_rewrite_in_progress:1" in valkey("info", "persistence", at=replica), "it writes its log anew")
    third.stop()
    container.stop()

    # Another store than Valkey.
    small = common()
    container = image.start(**small, PULSAR_STORAGE_BACKEND="sqlite", PULSAR_DATA_DIR="/var/lib/valkey/alone")
    check("valkey-server" not in container.processes(), "no Valkey runs beside SQLite")
    container.publish(small["PULSAR_PORT"], "news")
    container.stop()


file = sys.argv[1]
bare_system()
image = Image(file)
check(image.user == "1000:1000", f"its user: {image.user}")
image.seal()
try:
    (SYSTEM / "usr/written").touch()
    sys.exit("failed: the root can be written")
except OSError:
    pass
{"docker/Dockerfile": try_plain, "docker/Dockerfile.with-valkey": try_with_valkey}[file](image)
