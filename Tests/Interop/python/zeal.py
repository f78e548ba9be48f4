"""A client of Zeal's dialect: Socket.IO, with a document of pycrdt's behind it. Sends what Zeal's own client sends, in its order."""

import json
import socket
import urllib.parse

import requests
import socketio
from pycrdt import YMessageType, YSyncMessageType, create_sync_message, create_update_message, handle_sync_message

from documents import Replica
from relay import URL, bearer, eventually

AUTH, QUERY, CUSTOM = 2, 3, 4


def number(value):
    """lib0's uint."""
    found = bytearray()
    while value > 0x7F:
        found.append(0x80 | value & 0x7F)
        value >>= 7
    return bytes(found) + bytes([value])


def take_number(data):
    value, shift = 0, 0
    while True:
        byte = data.pop(0)
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value


def text(value):
    return number(len(value.encode())) + value.encode()


def awareness(client, clock, state):
    """As Zeal's client writes it: without the length that others have."""
    return bytes([YMessageType.AWARENESS, 1]) + number(client) + number(clock) + text(json.dumps(state))


class ZealClient(Replica):
    """Joins a room. `transports` are python-socketio's: both, for polls that change to a WebSocket.

    `token` is shown by AUTH, as Zeal's client does; `connect_token` in the CONNECT packet; `header_token` in each request's head.
    """

    def __init__(self, room, token=None, transports=("websocket",), connect_token=None, header_token=None, binary=False, **options):
        super().__init__()
        self.room, self.token, self.binary = room, token, binary
        self.is_synced = False
        self.joined, self.errors, self.told, self.present, self.sent_steps = [], [], [], {}, 0
        self.is_applying = False
        self.socket = socketio.Client(**{"reconnection_delay": 0.1, "reconnection_delay_max": 0.5, "handle_sigint": False, **options})
        self.socket.on("connect", lambda: self.socket.emit("crdt:join", room))
        self.socket.on("crdt:joined", self.did_join)
        self.socket.on("crdt:message", self.heard)
        self.socket.on("crdt:error", self.errors.append)
        self.doc.observe(self.did_edit)
        self.socket.connect(
            URL,
            headers=bearer(header_token) if header_token else {},
            auth={"token": connect_token} if connect_token else None,
            transports=list(transports),
            wait_timeout=10,
        )

    def say(self, message):
        self.socket.emit("crdt:message", (self.room, bytes(message) if self.binary else list(message)))

    def did_join(self, answer):
        self.joined.append(answer)
        who = {"userId": "u", "userName": "U"}
        self.say(bytes([AUTH]) + text(json.dumps({"token": self.token, **who} if self.token else who)))
        with self.lock:
            self.say(create_sync_message(self.doc))
            self.say(create_update_message(self.doc.get_update()))

    def did_edit(self, event):
        if not self.is_applying and self.socket.connected:
            self.say(create_update_message(event.update))

    def heard(self, room, message):
        assert room == self.room, room
        # Before it has said anything a client is sent lists.
        assert isinstance(message, bytes if self.binary and self.is_synced else list | bytes), message
        message = bytes(message)
        if message[0] == YMessageType.SYNC:
            with self.lock:
                self.is_applying = True
                reply = handle_sync_message(message[1:], self.doc)
                self.is_applying = False
            if reply is not None:
                self.sent_steps += 1
                self.say(reply)
            if message[1] == YSyncMessageType.SYNC_STEP2:
                self.is_synced = True
        elif message[0] == YMessageType.AWARENESS:
            self.see(message[1:])
        elif message[0] == CUSTOM:
            self.told.append(json.loads(message[2:]))

    def see(self, entries):
        """Reads awareness without a length."""
        rest = bytearray(entries)
        for _ in range(take_number(rest)):
            client, _, size = take_number(rest), take_number(rest), take_number(rest)
            state = json.loads(rest[:size])
            del rest[:size]
            if state is None:
                self.present.pop(client, None)
            else:
                self.present[client] = state
        assert not rest, entries

    def synced(self):
        eventually(lambda: self.is_synced, f"{self.room} is synced")
        return self

    @property
    def transport(self):
        return self.socket.transport()

    def cut(self):
        """Breaks the connection as a network does; the client comes back by itself."""
        self.is_synced = False
        self.socket.eio.ws.sock.close()

    def close(self):
        self.socket.disconnect()


class Polling:
    """A session that polls, request by request."""

    def __init__(self, token):
        self.headers = bearer(token)
        reply = requests.get(f"{URL}/socket.io/?EIO=4&transport=polling", headers=self.headers, timeout=20)
        self.path = f"/socket.io/?EIO=4&transport=polling&sid={json.loads(reply.text[1:])['sid']}"

    def post(self, *packets):
        reply = requests.post(URL + self.path, headers=self.headers, data="\x1e".join(packets), timeout=20)
        assert reply.text == "ok", reply.text

    def say(self, room, message):
        self.post("42" + json.dumps(["crdt:message", room, list(message)]))

    def poll(self):
        """A poll that waits, as its connection."""
        while True:
            connection = socket.create_connection((urllib.parse.urlsplit(URL).hostname, urllib.parse.urlsplit(URL).port))
            connection.sendall(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            connection.settimeout(0.5)
            try:
                connection.recv(1 << 16)
            except TimeoutError:
                return connection
