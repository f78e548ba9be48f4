import RelayServer
import Testing

struct ClusterNodeTests {
    private typealias Node = RelayConfiguration.Valkey.ClusterNode

    @Test(
        "A node is a host and a port, an IPv6 address in brackets",
        arguments: [
            ("valkey-1:6379", "valkey-1", 6_379), ("10.0.0.1:1", "10.0.0.1", 1), ("[fd00::1]:65535", "fd00::1", 65_535),
        ]
    )
    func good(_ text: String, _ host: String, _ port: Int) throws {
        let node = try #require(Node(text))
        #expect(node == Node(host: host, port: port))
        #expect(node.description == text)
    }

    @Test(
        "All else is refused",
        arguments: [
            "", "valkey", ":6379", "valkey:", "valkey:0", "valkey:65536", "valkey:x", "fd00::1:6379", "[]:1", "a b:1",
            "redis://a:1", "user@a:1",
        ]
    )
    func bad(_ text: String) {
        #expect(Node(text) == nil)
    }
}
