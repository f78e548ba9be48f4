"""PyJWT verifies session tickets by the relay's key document, and a peer's key made elsewhere proves itself to the relay.

SCRATCH holds `tickets.json`, which the test wrote; the proof goes to `proof.json` there.
"""

import base64
import hashlib
import json
import os
import pathlib

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SCRATCH = pathlib.Path(os.environ["SCRATCH"])
given = json.loads((SCRATCH / "tickets.json").read_text())
keys = jwt.PyJWKSet.from_json(given["keys"])


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verify(name, audience=given["cluster"]):
    ticket = given[name]
    header = jwt.get_unverified_header(ticket)
    assert header["alg"] == "EdDSA" and header["typ"] == "session-ticket+jwt", header
    key = keys[header["kid"]]
    return jwt.decode(
        ticket,
        key,
        algorithms=["EdDSA"],
        audience=audience,
        issuer=given["cluster"],
        options={"require": ["exp", "nbf", "iat", "iss", "aud", "jti"]},
    )


def refuses(error, *arguments, **named):
    try:
        verify(*arguments, **named)
    except error:
        return
    raise AssertionError(f"{arguments} was not refused with {error}")


claims = verify("peer")
assert claims["sid"] == given["session"], claims
assert claims["role"] == "editor" and claims["cap"] == ["edit", "read"], claims
assert claims["peer"] == 'Ada "the first" é', claims
assert claims["cnf"] == {"jkt": given["peer_key"]}, claims
assert claims["exp"] - claims["iat"] == 900 and "uses" not in claims, claims
assert verify("invitation")["uses"] == 3
# Signed by the key before the current one.
assert verify("previous")["role"] == "observer"

refuses(jwt.ExpiredSignatureError, "expired")
refuses(jwt.ImmatureSignatureError, "early")
refuses(jwt.InvalidAudienceError, "peer", audience="another")
refuses(KeyError, "foreign")
head, body, signature = given["peer"].split(".")
given["changed"] = f"{head}.{given['invitation'].split('.')[1]}.{signature}"
refuses(jwt.InvalidSignatureError, "changed")

# The name of a key is its thumbprint (RFC 7638).
for key in json.loads(given["keys"])["keys"]:
    members = json.dumps({"crv": key["crv"], "kty": key["kty"], "x": key["x"]}, separators=(",", ":"))
    assert base64url(hashlib.sha256(members.encode()).digest()) == key["kid"], key
    assert "d" not in key

identity = Ed25519PrivateKey.generate()
message = bytes.fromhex(given["challenge"])
proof = {
    "key": base64url(identity.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
    "signature": base64url(identity.sign(message)),
}
(SCRATCH / "proof.json").write_text(json.dumps(proof))
