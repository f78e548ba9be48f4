"""Says what Yrs shows of updates: reads [[hex, ...], ...] and writes [{t, r, m, a, x, pending}, ...]."""
import json
import sys

import pycrdt


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return {str(place): byte for place, byte in enumerate(value)}
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in value}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return {} if isinstance(value, pycrdt.Doc) else value


def show(updates):
    doc = pycrdt.Doc()
    for text in updates:
        doc.apply_update(bytes.fromhex(text))
    return {
        "t": str(doc.get("t", type=pycrdt.Text)),
        "r": str(doc.get("r", type=pycrdt.Text)),
        "m": plain(doc.get("m", type=pycrdt.Map).to_py()),
        "a": plain(doc.get("a", type=pycrdt.Array).to_py()),
        "x": str(doc.get("x", type=pycrdt.XmlFragment)),
        "pending": False,
    }


json.dump([show(updates) for updates in json.load(sys.stdin)], sys.stdout)
