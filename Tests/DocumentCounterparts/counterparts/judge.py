"""Says what Yrs makes of updates: reads [[hex, ...], ...] and writes [{content, vector, pending}, ...]."""
import json
import sys

import pycrdt


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": list(value)}
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, pycrdt.Doc):
        return "document"
    return value


def uints(data):
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0


def judge(updates):
    doc = pycrdt.Doc()
    for text in updates:
        doc.apply_update(bytes.fromhex(text))
    content = {
        "t": str(doc.get("t", type=pycrdt.Text)),
        "r": [[plain(part), plain(attributes)] for part, attributes in doc.get("r", type=pycrdt.Text).diff()],
        "m": plain(doc.get("m", type=pycrdt.Map).to_py()),
        "a": plain(doc.get("a", type=pycrdt.Array).to_py()),
        "x": str(doc.get("x", type=pycrdt.XmlFragment)),
    }
    numbers = list(uints(doc.get_state()))[1:]
    pairs = sorted(zip(numbers[::2], numbers[1::2]))
    vector = " ".join(f"{client}:{clock}" for client, clock in pairs)
    return {"content": json.dumps(content, sort_keys=True, default=str), "vector": vector, "pending": False}


json.dump([judge(updates) for updates in json.load(sys.stdin)], sys.stdout)
