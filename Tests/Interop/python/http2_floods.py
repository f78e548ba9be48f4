"""Clients that flood an HTTP/2 connection are told to calm down, and lose it. Nobody else notices."""

import re
import time

import requests
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    ExtensionFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from http2 import CALM, COMPRESSION_ERROR, Connection, open_tls
from relay import URL, bearer, check, equal, eventually, login

token = login()["access_token"]


def metric(name):
    text = requests.get(f"{URL}/metrics", headers=bearer(token), timeout=20).text
    return sum(float(value) for value in re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", text, re.M))


def head(connection, stream, path="/health", flags=("END_HEADERS", "END_STREAM"), extra=()):
    fields = [(":method", "GET"), (":scheme", "https"), (":authority", "relay"), (":path", path), *extra]
    frame = HeadersFrame(stream, connection.h2.encoder.encode(fields))
    for flag in flags:
        frame.flags.add(flag)
    return frame.serialize()


def with_flag(frame, flag):
    frame.flags.add(flag)
    return frame


def resets(c):
    for n in range(0, 2_000):
        yield head(c, 2 * n + 1) + RstStreamFrame(2 * n + 1, error_code=8).serialize()


def settings(c):
    for _ in range(5_000):
        yield SettingsFrame(0, settings={3: 100}).serialize()


def pings(c):
    for _ in range(5_000):
        yield PingFrame(0, b"01234567").serialize()


def priorities(c):
    for n in range(5_000):
        yield PriorityFrame(2 * n + 1, depends_on=0, stream_weight=n % 256).serialize()


def empty_data(c):
    yield head(c, 1, "/auth/login", ("END_HEADERS",))
    for _ in range(5_000):
        yield DataFrame(1, b"").serialize()


def continuations(c):
    yield head(c, 1, flags=())
    for _ in range(5_000):
        yield ContinuationFrame(1, b"").serialize()


def window_updates(c):
    yield head(c, 1, "/auth/login", ("END_HEADERS",))
    for _ in range(50_000):
        yield WindowUpdateFrame(1, window_increment=1).serialize()


def unknown_frames(c):
    for _ in range(50_000):
        yield ExtensionFrame(type=0x42, stream_id=0, body=b"").serialize()


def stream_errors(c):
    """Each request is well formed, and then has the relay reset it."""
    for n in range(0, 2_000):
        stream = 2 * n + 1
        yield head(c, stream, "/auth/login", ("END_HEADERS",)) + WindowUpdateFrame(stream, window_increment=0x7FFFFFFF).serialize()


def bomb(c):
    """A few bytes that unpack to a head of megabytes."""
    encoder = c.h2.encoder
    fields = [(":method", "GET"), (":scheme", "https"), (":authority", "relay"), (":path", "/health")]
    block = encoder.encode(fields + [("x-bomb", "b" * 4_000)])
    block += encoder.encode([("x-bomb", "b" * 4_000)]) * 4_000
    first, rest = block[:16_000], block[16_000:]
    frame = HeadersFrame(1, first)
    frame.flags.add("END_STREAM")
    if not rest:
        frame.flags.add("END_HEADERS")
        yield frame.serialize()
        return
    yield frame.serialize()
    yield with_flag(ContinuationFrame(1, rest), "END_HEADERS").serialize()


def attack(make, wanted, seconds=30):
    connection = Connection()
    connection.read()
    try:
        batch = b""
        for piece in make(connection):
            batch += piece
            if len(batch) > 16_000:
                connection.raw(batch)
                batch = b""
        connection.raw(batch)
    except (ConnectionError, OSError):
        pass
    code = connection.read_all(seconds)
    equal(code, wanted, f"the code for {make.__name__}")
    connection.close()


for make in [
    resets, settings, pings, priorities, empty_data, continuations, window_updates, unknown_frames, stream_errors,
    bomb,
]:
    # The library finds that a head unpacks to too much while it unpacks it, and says so.
    attack(make, COMPRESSION_ERROR if make is bomb else CALM)

# More than a head may hold, in one field, in their count and as a whole, is answered as over HTTP/1.1, once the client has
# heard how large heads may be at all.
connection = Connection()
connection.until(lambda: connection.h2.remote_settings.max_header_list_size is not None, "the relay's settings")
for extra in [
    [("x-fat", "a" * 20_000)],
    [(f"x-{n}", "1") for n in range(101)],
    [(f"x-{n}", "a" * 12_000) for n in range(8)],
]:
    stream = connection.request("GET", "/health", headers=extra)
    equal(connection.answer(stream)[0], 431, f"status of a head with {len(extra)} fields more")
equal(connection.answer(connection.request("GET", "/health"))[0], 200, "status behind them")

# A stream's window beyond what it may be is the stream's end alone; the connection's is the connection's.
stream = connection.request("POST", "/auth/login", end=False)
connection.raw(WindowUpdateFrame(stream, window_increment=0x7FFFFFFF).serialize())
connection.until(lambda: stream in connection.ended, "the end of a stream with too large a window")
equal(connection.answer(connection.request("GET", "/health"))[0], 200, "status beside it")
connection.raw(WindowUpdateFrame(0, window_increment=0x7FFFFFFF).serialize())
equal(connection.read_all(), 3, "code for a connection with too large a window")

# Who does not begin, or does not end what it began, is cut off in time.
silent = open_tls()
late = Connection()
late.raw(head(late, 1, flags=()))
start = time.monotonic()
silent.settimeout(30)
while silent.recv(4_096):
    pass
check(time.monotonic() - start < 25, "a client that said nothing was kept")
late.read_all(30)

# No HTTP/2 at all.
garbage = open_tls()
garbage.sendall(b"GET / HTTP/1.1\r\nhost: relay\r\n\r\n" * 10)
garbage.settimeout(30)
try:
    while garbage.recv(4_096):
        pass
except (ConnectionError, OSError):
    pass

check(metric("relay_http2_connections_ended_total") >= 10, "the metric of connections that were ended")
eventually(lambda: metric("relay_http2_connections_active") == 0, "connections are gone from the metric")
equal(requests.get(f"{URL}/health", timeout=20).status_code, 200, "status after all the floods")
