"""The relay stops while streams of HTTP/2 are open: it says so, ends them in their own ways, and then the connection."""

import os
import signal

from http2 import NO_ERROR, Connection
from relay import PID, check, equal, login, new_topic

token = login()["access_token"]
topic = new_topic("stop")
connection = Connection()
stream = connection.request("GET", f"/sse?topics={topic}", token)
poll = connection.request("POST", "/messages/poll", token, {"topics": [topic], "timeout": 60})
equal(connection.status(stream), 200, "status of an event stream")
idle = Connection()
equal(idle.answer(idle.request("GET", "/health"))[0], 200, "status of /health")
os.kill(PID, signal.SIGTERM)
equal(connection.read_all(), NO_ERROR, "code for a connection with streams")
kinds = [(type(frame).__name__, frame.stream_id, "END_STREAM" in frame.flags) for frame in connection.frames]
for one in stream, poll:
    check(("DataFrame", one, True) in kinds, f"a stream did not end in an orderly way: {kinds}")
check(("HeadersFrame", poll, False) in kinds, f"the poll was not answered: {kinds}")
check(not any(kind == "RstStreamFrame" for kind, _, _ in kinds), f"streams were reset: {kinds}")
equal(idle.read_all(), NO_ERROR, "code for a connection without")
