"""`pulsar-relay top` in a terminal of its own: what it shows, its keys, and the terminal after it, however it ends."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import threading
import time

from relay import check, equal, login, publish
from tunnel import ENVIRONMENT, PROGRAM
from tunnel import login as keep_login
from tunnel import run

LEAVE = "\x1b[?25h\x1b[?1049l"


class Terminal:
    """A terminal of 80 columns and 24 lines, and `top` in it."""

    def __init__(self, *arguments, size=(24, 80)):
        self.primary, secondary = pty.openpty()
        fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.secondary = secondary
        self.before = termios.tcgetattr(secondary)
        self.written = ""
        self.process = subprocess.Popen(
            [PROGRAM, "top", "--interval", "0.3", *arguments], env=ENVIRONMENT, stdin=secondary, stdout=secondary, stderr=secondary
        )

    def read(self, seconds=0.2):
        while select.select([self.primary], [], [], seconds)[0]:
            self.written += os.read(self.primary, 65536).decode("utf-8", "replace")
        return self.written

    def until(self, condition, what):
        deadline = time.monotonic() + 30
        while not condition(self.screen()):
            check(time.monotonic() < deadline, f"not in time: {what}: {self.written[-3000:]!r}")
            self.read(0.1)

    def screen(self):
        """The lines of the last screen that is whole."""
        frames = [frame for frame in self.written.split("\x1b[?2026h")[1:] if "\x1b[?2026l" in frame]
        if not frames:
            return []
        return [line.split("\x1b[K")[0] for line in frames[-1].removeprefix("\x1b[H").split("\r\n")]

    def key(self, text):
        os.write(self.primary, text.encode())

    def ended(self, what, code=0):
        deadline = time.monotonic() + 15
        while self.process.poll() is None:
            check(time.monotonic() < deadline, f"top does not end: {what}")
            self.read(0.1)
        self.read()
        equal(self.process.returncode, code, f"the exit code after {what}")
        check(LEAVE in self.written[-200:], f"the screen before comes back after {what}: {self.written[-200:]!r}")
        equal(termios.tcgetattr(self.secondary), self.before, f"the terminal's settings after {what}")
        os.close(self.primary)
        os.close(self.secondary)


token = login()["access_token"]
for topic in ("quiet", "busy"):
    publish(token, topic, {"n": 0})
keep_login()
stopping = threading.Event()


def go_on():
    while not stopping.is_set():
        publish(token, "busy", {"n": 1})
        time.sleep(0.01)


publisher = threading.Thread(target=go_on, daemon=True)
publisher.start()

# Of 80 by 24: every screen fits, and says what goes on.
top = Terminal()
top.until(lambda lines: any(line.startswith("busy ") and " - " not in line[36:47] for line in lines), "the busy topic has a rate")
lines = top.screen()
equal(len(lines), 24, "lines of a screen")
check(all(len(line) <= 80 for line in lines), f"columns: {lines}")
check(lines[-1].startswith("q quits"), f"the last line: {lines[-1]}")
names = [line.split()[0] for line in lines if line.startswith(("busy ", "quiet "))]
equal(names, ["busy", "quiet"], "the order by rate")
# Nothing is cleared between two screens: what stays is written over.
check("\x1b[2J" not in top.written and top.written.count("\x1b[?1049h") == 1, "it flickers")
top.key("n")
top.until(lambda lines: "now: name" in lines[-1], "the key n")
top.key("q")
top.ended("the key q")

# Ctrl-C as a key, signals, and a relay that goes away leave the terminal as it was.
top = Terminal()
top.until(lambda lines: len(lines) == 24, "a screen")
top.key("\x03")
top.ended("Ctrl-C")
for number in (signal.SIGTERM, signal.SIGINT):
    top = Terminal()
    top.until(lambda lines: len(lines) == 24, "a screen")
    top.process.send_signal(number)
    top.ended(f"signal {number}")

# A terminal that becomes smaller.
top = Terminal()
top.until(lambda lines: len(lines) == 24, "a screen")
fcntl.ioctl(top.secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 40, 0, 0))
top.until(lambda lines: len(lines) == 10 and all(len(line) <= 40 for line in lines), "a smaller screen")
top.key("q")
top.ended("a smaller terminal")

# Without a terminal.
text = run("top", "--once", "--interval", "0.5")
check("busy" in text and "\x1b" not in text, f"plain text: {text}")
figures = json.loads(run("top", "--once", "--json", "--interval", "0.5"))
check(figures["publishes_per_second"] > 0 and figures["failures_per_second"] == 0, f"figures: {figures}")
check({"busy", "quiet"} <= {topic["topic_name"] for topic in figures["topics"]}, f"topics: {figures['topics']}")

stopping.set()
publisher.join()
