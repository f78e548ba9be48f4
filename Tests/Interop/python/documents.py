"""Documents for scenarios in Python: a client that is Yjs' own provider, and one that is pycrdt."""

import json
import pathlib
import subprocess
import threading

from pycrdt import Array, Doc, Map, Text, YMessageType, YSyncMessageType, create_sync_message, create_update_message, handle_sync_message
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from relay import URL, bearer, eventually

BASE = URL.replace("http", "ws", 1) + "/yjs/"
NODE_SCRIPTS = pathlib.Path(__file__).parent.parent / "node"


def topic_of(name):
    """The topic of a document."""
    plain = (byte for byte in name.encode())
    return "document/" + "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 or byte == ord("-") else "__" if byte == ord("_") else f"_{byte:02x}"
        for byte in plain
    )


class Provider:
    """y-websocket's provider with Yjs, in a process of its own."""

    def __init__(self, room, token):
        self.process = subprocess.Popen(
            ["node", NODE_SCRIPTS / "documents_peer.js", room, token], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def edit(self, **edits):
        """Returns the document as it is then."""
        self.process.stdin.write(json.dumps(edits) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    @property
    def content(self):
        found = self.edit()
        return {part: found[part] for part in ("text", "map", "array")}

    def close(self):
        self.process.stdin.close()
        self.process.wait(20)


class Replica:
    """A document of pycrdt, to which its owner brings what others say."""

    def __init__(self):
        self.doc = Doc()
        self.text = self.doc.get("text", type=Text)
        self.map = self.doc.get("map", type=Map)
        self.array = self.doc.get("array", type=Array)
        self.lock = threading.RLock()

    @property
    def content(self):
        with self.lock:
            numbers = [int(value) if isinstance(value, float) else value for value in self.array.to_py()]
            return {"text": str(self.text), "map": self.map.to_py(), "array": numbers}


class CrdtClient(Replica):
    """pycrdt over a bare WebSocket."""

    def __init__(self, room, token):
        super().__init__()
        self.socket = connect(BASE + room, additional_headers=bearer(token), max_size=None)
        self.is_synced = False
        self.socket.send(create_sync_message(self.doc))
        self.doc.observe(lambda event: self.socket.send(create_update_message(event.update)))
        threading.Thread(target=self.listen, daemon=True).start()
        eventually(lambda: self.is_synced, "pycrdt is synced")

    def listen(self):
        try:
            for message in self.socket:
                if message[0] != YMessageType.SYNC:
                    continue
                with self.lock:
                    reply = handle_sync_message(message[1:], self.doc)
                    if reply is not None:
                        self.socket.send(reply)
                    if message[1] == YSyncMessageType.SYNC_STEP2:
                        self.is_synced = True
        except ConnectionClosed:
            pass

    def close(self):
        self.socket.close()
