import RelayServer
import Testing

@Suite struct PublicURLTests {
    @Test(
        "https anywhere and http on this machine, as browsers write it; nothing else",
        arguments: [
            ("https://relay.example.org", "https://relay.example.org"),
            ("HTTPS://Relay.Example.org:443/", "https://relay.example.org"),
            ("https://relay.example.org:8443", "https://relay.example.org:8443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1", "http://127.0.0.1"), ("http://[::1]:80", "http://[::1]"),
            ("http://relay.example.org", nil),
            ("http://localhost.example.org", nil), ("http://127.0.0.1.example.org", nil),
            ("wss://relay.example.org", nil),
            ("https://relay.example.org/path", nil), ("https://a@relay.example.org", nil), ("relay.example.org", nil),
        ] as [(String, String?)]
    )
    func reading(text: String, origin: String?) {
        #expect(PublicURL(text)?.origin == origin)
    }
}
