import NIOHTTP1
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("What the HTTP edge decides without I/O")
struct EdgeDecisionTests {
    @Test(
        "trusted hosts: exact, by suffix, with and without a port",
        arguments: [
            ("relay.org", true), ("RELAY.org:8080", true), ("a.example.org", true), ("example.org", false),
            ("evilexample.org", false), ("relay.org.evil", false), ("[::1]:80", true), ("", false), (nil, false),
            ("evil.org/.example.org", false), ("evil.org#.example.org", false), ("user@a.example.org", false),
            ("evil.org?.example.org", false), ("relay.org:abc", false), ("relay.org:+80", false),
            ("relay.org:99999", false), ("relay.org:", true), ("[::1", false), ("[::1]x", false),
        ] as [(String?, Bool)]
    )
    func hosts(host: String?, trusted: Bool) {
        #expect(TrustedHosts(["relay.org", "*.Example.org", "[::1]"]).trusts(host) == trusted)
        #expect(TrustedHosts([]).trusts(host))
        #expect(TrustedHosts(["*"]).trusts(host))
    }

    @Test("trusted hosts are compared by ASCII's letters: the Kelvin sign is no k")
    func kelvin() {
        let hosts = TrustedHosts(["kiosk.org", "*.kiosk.org"])
        #expect(hosts.trusts("KIOSK.org") && hosts.trusts("a.KiosK.org"))
        #expect(!hosts.trusts("\u{212A}iosk.org") && !hosts.trusts("a.\u{212A}iosk.org"))
    }

    @Test("origins are compared exactly, and a preflight from others is refused")
    func origins() {
        let origins = AllowedOrigins(["https://a.example"])
        for (origin, allowed) in [
            ("https://a.example", true), ("http://a.example", false), ("https://a.example:443", false), ("null", false),
            ("https://a.example.evil", false),
        ] {
            #expect(origins.allows(origin) == allowed, "\(origin)")
            #expect(origins.preflight(["origin": origin]).status == (allowed ? .ok : .badRequest), "\(origin)")
        }
        #expect(origins.preflight([:]).status == .badRequest)
        #expect(AllowedOrigins(["*"]).allows("https://b.example"))
    }

    @Test("origins are compared by their bytes, but for the case of ASCII's letters")
    func originBytes() {
        let origins = AllowedOrigins(["https://kaf\u{E9}.example", "HTTPS://Kiosk.example:8443"])
        #expect(origins.allows("https://kaf\u{E9}.example"))
        #expect(!origins.allows("https://kafe\u{301}.example"), "the same text to Unicode")
        #expect(origins.allows("https://KIOSK.example:8443") && origins.allows("https://kiosk.example:8443"))
        #expect(!origins.allows("https://\u{212A}iosk.example:8443"), "the Kelvin sign is no k")
    }

    @Test("a page may connect from an allowed origin or from the relay's own, and programs always may")
    func connecting() {
        let gate = RequestGate(hosts: TrustedHosts([]), origins: AllowedOrigins(["https://a.example"]))
        for (origin, may) in [
            (nil, true), ("https://a.example", true), ("http://relay:80", true), ("https://relay:80", true),
            ("https://relay", false), ("https://b.example", false), ("", false),
        ] as [(String?, Bool)] {
            var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws", headers: ["host": "relay:80"])
            if let origin { head.headers.add(name: "origin", value: origin) }
            #expect(gate.mayConnect(head) == may, "\(origin ?? "none")")
        }
    }

    @Test(
        "a page of the same host may open a session of WebTransport, whose port is never the page's",
        arguments: [
            ("relay:8443", "https://relay", true), ("relay:8443", "http://relay:8080", true),
            ("relay:8443", "https://a.example", true), ("[::1]:8443", "http://[::1]", true),
            ("[::1]:8443", "http://[::1]:80", true), ("relay:8443", "https://relay.evil", false),
            ("relay:8443", "https://evil:8443", false), ("relay:8443", "file://relay", false),
            ("relay:8443", "null", false), ("relay", "http://relay:8080", true), ("relay", "http://", false),
        ] as [(String, String, Bool)]
    )
    func sessions(_ host: String, _ origin: String, _ may: Bool) {
        let gate = RequestGate(hosts: TrustedHosts([]), origins: AllowedOrigins(["https://a.example"]))
        let headers: HTTPHeaders = ["host": host, "origin": origin, "upgrade": "webtransport"]
        let head = HTTPRequestHead(version: .http2, method: .GET, uri: "/wt", headers: headers)
        #expect(gate.mayConnect(head) == may)
    }

    @Test("query items: escapes, plus signs, repeats and what is broken")
    func query() {
        let items = QueryItems("a=1&b=x%20y+z&a=2&c&d=%zz&e=a=b&%66=g&&=h")
        for (name, value) in [
            ("a", "1"), ("b", "x y z"), ("c", ""), ("d", "%zz"), ("e", "a=b"), ("f", "g"), ("", "h"), ("x", nil),
        ] as [(String, String?)] {
            #expect(items.first(name) == value, "\(name)")
        }
        #expect(QueryItems("").first("") == nil)
    }

    @Test("a request keeps its own id where that is sane")
    func requestID() {
        func id(_ sent: String) -> String {
            RequestID.make(sent: HeadFacts(["x-request-id": sent]).requestID)
        }
        for sane in ["a", "A-b_c.9", String(repeating: "a", count: 64)] { #expect(id(sane) == sane) }
        for other in ["", "a b", "a\tb", "é", "a;b", String(repeating: "a", count: 65)] { #expect(id(other) != other) }
        #expect(id("") != id(""))
    }
}
