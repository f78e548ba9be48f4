import NIOCore
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("What sessions' peers are told of the QUIC relay")
struct QUICOfferTests {
    private static func address(host: String?, reachedAt authority: String?) -> String {
        let offer = QUICOffer(host: host, port: 8_443, protocols: ["a"]) { ["1", "2"] }
        return String(buffer: Reply(.ok, offer.tree(reachedAt: authority)).body)
    }

    @Test(
        "has the configured host, else the one under which the client has reached the relay",
        arguments: [
            ("relay.example.org", "other:80", #""relay.example.org:8443""#),
            ("2001:db8::1", nil, #""[2001:db8::1]:8443""#),
            (nil, "relay:8080", #""relay:8443""#), (nil, "relay", #""relay:8443""#),
            (nil, "[::1]:8080", #""[::1]:8443""#), (nil, "[::1]", #""[::1]:8443""#), (nil, nil, "null"),
        ] as [(String?, String?, String)]
    )
    func hosts(_ host: String?, _ authority: String?, _ address: String) {
        #expect(
            Self.address(host: host, reachedAt: authority)
                == #"{"address":\#(address),"alpn":["a"],"certificate_hash":"1","certificate_hashes":["1","2"]}"#
        )
    }
}
