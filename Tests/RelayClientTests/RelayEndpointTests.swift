import RelayClient
import Testing

@Suite("Relay URLs")
struct RelayEndpointTests {
    @Test(
        "Good URLs are normalised",
        arguments: [
            ("https://relay.example.org", "https://relay.example.org", 443),
            ("https://relay.example.org:443/", "https://relay.example.org", 443),
            ("HTTPS://relay.example.org:8443", "https://relay.example.org:8443", 8443),
            ("http://localhost:8080/", "http://localhost:8080", 8080),
            ("http://127.0.0.1", "http://127.0.0.1", 80),
            ("http://[::1]:9000", "http://[::1]:9000", 9000),
        ]
    )
    func good(text: String, normal: String, port: Int) throws {
        let endpoint = try RelayEndpoint(text)
        #expect(endpoint.description == normal)
        #expect(endpoint.port == port)
        #expect(try RelayEndpoint(normal) == endpoint)
    }

    @Test(
        "Others are refused",
        arguments: [
            "", "relay.example.org", "ftp://relay.example.org", "https://", "https://host/relay", "https://host?x=1",
            "https://host#x", "https://user@host", "https://user:password@host", "https://host:0", "https://host:70000",
            "http://relay.example.org", "http://127.0.0.1.example.org", "http://127.0.0.999",
        ]
    )
    func bad(text: String) {
        #expect { try RelayEndpoint(text) } throws: { error in (error as? RelayError)?.code == .invalidEndpoint }
    }

    @Test("http to other machines is possible on demand")
    func insecure() throws {
        #expect(try RelayEndpoint("http://relay.example.org", allowsInsecure: true).isSecure == false)
    }
}
