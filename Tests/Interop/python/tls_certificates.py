"""Makes what a scenario of TLS begins with: an authority, a certificate for the relay, and certificates for clients.

In SCRATCH: authority.pem, relay.crt and relay.key; clients.pem, the clients' authority, and for each client NAME.crt and
NAME.key: "friend" is good, "stranger" is of an authority that nobody knows, "late" has expired.
"""

import datetime
import ipaddress
import os
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

SCRATCH = pathlib.Path(os.environ["SCRATCH"])
DAY = datetime.timedelta(days=1)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def put(name, content):
    """As a whole or not at all, as programs that renew certificates do it."""
    draft = SCRATCH / f"{name}.new"
    draft.write_bytes(content)
    draft.replace(SCRATCH / name)


def builder(name, issuer, key, until):
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + until)
    )


class Authority:
    """Kept in SCRATCH, so that a later script can have it sign more."""

    def __init__(self, name):
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        key = SCRATCH / f"{name}.key"
        if key.exists():
            self.key = serialization.load_pem_private_key(key.read_bytes(), None)
            return
        self.key = ec.generate_private_key(ec.SECP256R1())
        own = builder(name, self.name, self.key, 100 * DAY).add_extension(x509.BasicConstraints(True, 0), True)
        put(f"{name}.key", pem(self.key))
        put(f"{name}.pem", own.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def make(self, name, until=90 * DAY, addresses=()):
        """Returns the PEM of the certificate and of its key, and the certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        draft = builder(name, self.name, key, until)
        if addresses:
            names = [x509.DNSName("localhost")] + [x509.IPAddress(ipaddress.ip_address(each)) for each in addresses]
            draft = draft.add_extension(x509.SubjectAlternativeName(names), False)
        made = draft.sign(self.key, hashes.SHA256())
        return made.public_bytes(serialization.Encoding.PEM), pem(key), made


def relay_certificate():
    return Authority("authority").make("relay", addresses=["127.0.0.1"])


if __name__ == "__main__":
    certificate, key, _ = relay_certificate()
    put("relay.key", key)
    put("relay.crt", certificate)
    clients, others = Authority("clients"), Authority("others")
    for name, authority, until in [("friend", clients, DAY), ("stranger", others, DAY), ("late", clients, -DAY)]:
        certificate, key, _ = authority.make(name, until)
        put(f"{name}.key", key)
        put(f"{name}.crt", certificate)
