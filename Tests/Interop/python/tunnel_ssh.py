"""`ssh` and `scp` across a tunnel, to an `sshd` of this test's own: on a loopback port, with its own keys and configuration."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess

from relay import SCRATCH, check, equal, eventually
from tunnel import ENVIRONMENT, PROGRAM, connected, login, notices, run, tunnel

MUCH = 20 << 20
# It does not start by a relative path.
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
FOLDER = SCRATCH / "ssh"
FOLDER.mkdir(mode=0o700)


def key(name):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", FOLDER / name], check=True)
    return FOLDER / name


@contextlib.contextmanager
def sshd():
    """Gives its port."""
    host, user = key("host"), key("user")
    shutil.copy(user.with_suffix(".pub"), FOLDER / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (FOLDER / "config").write_text(
        f"""
        ListenAddress 127.0.0.1:{port}
        HostKey {host}
        AuthorizedKeysFile {FOLDER / "authorized"}
        PidFile none
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin prohibit-password
        StrictModes no
        UsePAM no
        Subsystem sftp internal-sftp
        """,
        encoding="utf-8",
    )
    if os.geteuid() == 0:
        # What Debian's own service makes before it starts one.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    with open(FOLDER / "log", "w+", encoding="utf-8") as log:
        process = subprocess.Popen([SSHD, "-D", "-e", "-f", FOLDER / "config"], stdin=subprocess.DEVNULL, stderr=log)
        try:
            eventually(lambda: answers(port), "sshd listens")
            yield port
            check(process.poll() is None, f"sshd has ended: {(FOLDER / 'log').read_text(encoding='utf-8')}")
        finally:
            process.terminate()
            process.wait(30)


def answers(port):
    try:
        with connected(port) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def options(name):
    """Takes no part in the user's own configuration, and asks nothing."""
    known = f"{name} {(FOLDER / 'host.pub').read_text(encoding='utf-8')}"
    (FOLDER / "known").write_text(known, encoding="utf-8")
    return [
        "-F", "none", "-i", FOLDER / "user", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", f"UserKnownHostsFile={FOLDER / 'known'}", "-o", "GlobalKnownHostsFile=none",
        "-o", "StrictHostKeyChecking=yes", "-o", f"HostKeyAlias={name}",
    ]


def done(command, **more):
    result = subprocess.run(command, env=ENVIRONMENT, capture_output=True, timeout=120, check=False, **more)
    log = (FOLDER / "log").read_text(encoding="utf-8")
    check(result.returncode == 0, f"{command}: {result.stderr}\nsshd: {log}\n{notices('expose')}{notices('connect')}")
    return result.stdout


login()
data = os.urandom(MUCH)
(SCRATCH / "sent").write_bytes(data)
there = f"{getpass.getuser()}@127.0.0.1"
with sshd() as port, tunnel(port) as (local, invite):
    common = options("there")
    equal(done(["ssh", *common, "-p", str(local), there, "echo run by $((40 + 2))"]), b"run by 42\n", "a command")
    # What it reads, what it writes and how it ends go across, too.
    equal(done(["ssh", *common, "-p", str(local), there, "tr a-z A-Z"], input=b"piped"), b"PIPED", "a pipe")
    failed = subprocess.run(["ssh", *common, "-p", str(local), there, "exit 3"], env=ENVIRONMENT, timeout=60, check=False)
    equal(failed.returncode, 3, "how a command ends")

    done(["scp", *common, "-P", str(local), SCRATCH / "sent", f"{there}:{SCRATCH / 'arrived'}"])
    check((SCRATCH / "arrived").read_bytes() == data, "what scp has sent is what arrived")
    (SCRATCH / "arrived").rename(SCRATCH / "kept")
    done(["scp", *common, "-P", str(local), f"{there}:{SCRATCH / 'kept'}", SCRATCH / "back"])
    check((SCRATCH / "back").read_bytes() == data, "what scp has fetched is what was there")

    # ssh starts the tunnel's end by itself.
    proxy = ["-o", f"ProxyCommand={PROGRAM} tunnel connect --stdio {invite}"]
    equal(done(["ssh", *common, *proxy, there, "echo by its proxy"]), b"by its proxy\n", "a command by ProxyCommand")
run("logout")
