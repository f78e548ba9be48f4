"""A relay on which HTTP/2 is turned off chooses HTTP/1.1, whatever a client would rather have."""

from http2 import open_tls
from relay import equal

equal(open_tls(["h2", "http/1.1"]).selected_alpn_protocol(), "http/1.1", "the protocol that was chosen")
