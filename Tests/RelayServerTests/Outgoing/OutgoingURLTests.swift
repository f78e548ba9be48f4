import Testing

@testable import RelayServer

@Suite("Addresses of outgoing requests")
struct OutgoingURLTests {
    @Test(
        "are written as they are sent",
        arguments: [
            ("https://IDP.example.org", "https://idp.example.org/"),
            ("HTTP://idp:8080/a/b?c=d%20e", "http://idp:8080/a/b?c=d%20e"),
            ("https://idp.example.org:443/x", "https://idp.example.org/x"),
            ("http://127.0.0.1:80/", "http://127.0.0.1/"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
            ("http://my_idp/", "http://my_idp/"),
        ]
    )
    func written(text: String, expected: String) {
        #expect(OutgoingURL(text)?.description == expected)
    }

    @Test(
        "are refused where two readers might find two hosts in them",
        arguments: [
            "", "idp.example.org", "ftp://idp/", "https://", "https:///x", "http://user@idp/", "http://user:pw@idp/",
            "http://idp/#x", "http://idp\\@evil/", "http://idp%2eevil/", "http://idp /", "http://ïdp/", "http://idp:0/",
            "http://idp:65536/", "http://idp:x/", "file:///etc/passwd", "http://a:b:c/", "http://idp\n.evil/",
            "http://" + String(repeating: "a", count: 256) + "/",
            "http://idp/" + String(repeating: "a", count: 2_048),
        ]
    )
    func refused(text: String) {
        #expect(OutgoingURL(text) == nil)
    }
}
