"""nginx and HAProxy in front of the relay, set up as docs/proxies.md says, but for ports, addresses and certificates."""

import contextlib
import pathlib
import re
import socket
import subprocess

from relay import SCRATCH, URL, check, eventually

GUIDE = (pathlib.Path(__file__).parents[3] / "docs" / "proxies.md").read_text(encoding="utf-8")
CERTIFICATE = SCRATCH / "relay.pem"
"""Certificate and key in one file, of 127.0.0.1."""

NGINX = """\
daemon off;
master_process off;
pid {scratch}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log {scratch}/access.log;
    client_body_temp_path {scratch}/nginx-body;
    proxy_temp_path {scratch}/nginx-proxy;
    fastcgi_temp_path {scratch}/nginx-fastcgi;
    uwsgi_temp_path {scratch}/nginx-uwsgi;
    scgi_temp_path {scratch}/nginx-scgi;
{guide}
}}
"""

# What Debian's haproxy.cfg has, and no more.
HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
{guide}
"""


@contextlib.contextmanager
def nginx():
    """Gives the URL that it serves."""
    port = free_port()
    file = write("nginx.conf", NGINX, "nginx", {"listen 443": f"listen 127.0.0.1:{port}"})
    with program("nginx", ["nginx", "-p", str(SCRATCH), "-c", str(file), "-e", "stderr"], port):
        yield f"https://127.0.0.1:{port}"


@contextlib.contextmanager
def haproxy():
    """Gives the URL that it serves."""
    port = free_port()
    file = write("haproxy.cfg", HAPROXY, "haproxy", {"bind :443": f"bind 127.0.0.1:{port}"})
    with program("haproxy", ["haproxy", "-db", "-f", str(file)], port):
        yield f"https://127.0.0.1:{port}"


@contextlib.contextmanager
def plain_haproxy(option):
    """Serves plain HTTP. `option` is a line of the guide, or what stands in its place."""
    port = free_port()
    replacements = {"bind :443 ssl crt": f"bind 127.0.0.1:{port} #", "option http-no-delay": option}
    file = write("plain.cfg", HAPROXY, "haproxy", replacements)
    with program("haproxy", ["haproxy", "-db", "-f", str(file)], port):
        yield f"http://127.0.0.1:{port}"


def write(name, frame, language, replacements):
    """Writes the guide's block in the frame that such a program needs around it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    check(len(blocks) == 1, f"one block of {language} in the guide")
    make_certificate()
    paths = re.findall(r"/etc/ssl/\S+?(?=[;\s])", blocks[0])
    check(paths, f"certificates in the block of {language}")
    own = {"127.0.0.1:8080": URL.removeprefix("http://"), **dict.fromkeys(paths, str(CERTIFICATE)), **replacements}
    text = blocks[0]
    for old, new in own.items():
        check(old in text, f"{old!r} in the block of {language}")
        text = text.replace(old, new)
    file = SCRATCH / name
    file.write_text(frame.format(scratch=SCRATCH, guide=text))
    return file


def make_certificate():
    if CERTIFICATE.exists():
        return
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(SCRATCH / "key.pem"), "-out", str(SCRATCH / "certificate.pem")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    CERTIFICATE.write_text((SCRATCH / "certificate.pem").read_text() + (SCRATCH / "key.pem").read_text())


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def program(name, command, port):
    log = SCRATCH / f"{name}.log"
    with open(log, "ab") as output:
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def listens():
        check(running.poll() is None, f"{name} does not start: {log.read_text(errors='replace')[-2000:]}")
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", port)) == 0

    try:
        eventually(listens, f"{name} listens")
        yield
    finally:
        running.terminate()
        running.wait(20)
