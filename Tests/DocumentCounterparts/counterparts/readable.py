"""Says which updates Yrs can decode: reads [hex, ...] and writes ["" or what Yrs says, ...]."""
import json
import sys

import pycrdt


def judge(text):
    try:
        pycrdt.merge_updates(bytes.fromhex(text), b"\0\0")
        return ""
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        return str(error) or "error"


json.dump([judge(text) for text in json.load(sys.stdin)], sys.stdout)
