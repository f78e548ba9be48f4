import Testing

@testable import RelayServer

@Suite("Client addresses")
struct ClientAddressTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let peer: String
        let forwardedFor: [String]
        let address: String

        init(_ peer: String, _ forwardedFor: [String], _ address: String) {
            self.peer = peer
            self.forwardedFor = forwardedFor
            self.address = address
        }

        var testDescription: String { "\(self.peer) with \(self.forwardedFor)" }
    }

    private static func rules(trusting: Bool) throws -> ClientAddress {
        ClientAddress(
            trustsForwardedFor: trusting,
            proxies: [try #require(IPNetwork("10.0.0.0/8")), try #require(IPNetwork("fd00::/8"))]
        )
    }

    @Test(
        "the nearest hop that is no trusted proxy is the client",
        arguments: [
            Case("192.0.2.1", [], "192.0.2.1"),
            Case("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
            Case("10.0.0.1", [], "10.0.0.1"),
            Case("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
            Case("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            Case("10.0.0.1", ["203.0.113.9,198.51.100.7 ,\t10.0.0.2"], "198.51.100.7"),
            Case("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            Case("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            Case("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
            Case("10.0.0.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
            Case("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
            Case("fd00::1", ["198.51.100.7"], "198.51.100.7"),
            Case("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
            Case("10.0.0.1", ["198.51.100.7, _hidden, 10.0.0.2"], "10.0.0.2"),
            Case("10.0.0.1", ["198.51.100.7, "], "10.0.0.1"),
            Case("10.0.0.1", [""], "10.0.0.1"),
            Case("unknown", ["198.51.100.7"], "unknown"),
        ]
    )
    func trusting(_ test: Case) throws {
        let rules = try Self.rules(trusting: true)
        #expect(rules.address(peer: test.peer, forwardedFor: test.forwardedFor) == test.address)
    }

    @Test("without trust the header says nothing, not even from a proxy")
    func notTrusting() throws {
        let rules = try Self.rules(trusting: false)
        #expect(rules.address(peer: "10.0.0.1", forwardedFor: ["198.51.100.7"]) == "10.0.0.1")
    }

    @Test("all addresses of one IPv6 network of 64 bits count as one client, and IPv4 addresses each for themselves")
    func keys() {
        #expect(ClientAddress.key("2001:db8::1") == ClientAddress.key("2001:db8:0:0:ffff::2"))
        #expect(ClientAddress.key("2001:db8::1") != ClientAddress.key("2001:db8:0:1::1"))
        #expect(ClientAddress.key("192.0.2.1") != ClientAddress.key("192.0.2.2"))
        #expect(ClientAddress.key("::ffff:192.0.2.1") == ClientAddress.key("::ffff:192.0.2.1"))
    }
}
