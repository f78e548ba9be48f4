"""Two relays that share a Valkey: the ends of a tunnel come to one each, and meet over TLS."""

from tls_certificates import Authority, put
from two_relays import SCRATCH, carry_page, start_relay, start_valkey, stop


def relay(number, valkey):
    """Starts one with a certificate of its own. Returns its URL."""
    certificate, key, _ = Authority("authority").make(f"relay {number}", addresses=["127.0.0.1"])
    put(f"node{number}.crt", certificate)
    put(f"node{number}.key", key)
    return start_relay(
        number,
        valkey,
        "https",
        TLS_CERT=str(SCRATCH / f"node{number}.crt"),
        TLS_KEY=str(SCRATCH / f"node{number}.key"),
        NODE_CA_FILE=str(SCRATCH / "authority.pem"),
    )


try:
    valkey = start_valkey()
    carry_page(relay(1, valkey), relay(2, valkey), PULSAR_RELAY_CA=str(SCRATCH / "authority.pem"))
finally:
    stop()
