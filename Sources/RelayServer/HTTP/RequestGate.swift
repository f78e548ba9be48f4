import NIOHTTP1

/// What every request passes before its route: the trusted hosts, and the rules for calls from other origins (CORS).
struct RequestGate: Sendable {
    let hosts: TrustedHosts
    let origins: AllowedOrigins

    /// What monitoring asks by whatever address it has, so the host that it names doesn't matter.
    private static let pathsOfAnyHost: Set<Substring> = [
        "/health", "/health/liveness", "/health/readiness", "/ready", "/metrics", "/metrics/json",
    ]

    /// - Parameter path: without its query.
    /// - Returns: the answer to a request that goes no further: refused, or a preflight.
    func refusal(for head: HTTPRequestHead, _ facts: HeadFacts, path: Substring) -> Reply? {
        // RFC 9112, section 3.2.
        guard facts.hosts == 1 || (facts.hosts == 0 && head.version == .http1_0) else { return Self.invalidHost }
        if !self.hosts.isOpen, !Self.pathsOfAnyHost.contains(path),
            !self.hosts.trusts(head.headers.first(name: "host"))
        {
            return Self.invalidHost
        }
        guard head.method == .OPTIONS, head.headers.contains(name: "access-control-request-method") else { return nil }
        return self.origins.preflight(head.headers)
    }

    /// Whether a page of this origin may open a WebSocket, an event stream or a session of WebTransport: browsers don't ask first for those.
    func mayConnect(_ head: HTTPRequestHead) -> Bool {
        guard let origin = head.headers.first(name: "origin") else { return true }
        if self.origins.allows(origin) { return true }
        guard let host = head.headers.first(name: "host") else { return false }
        if origin == "https://\(host)" || origin == "http://\(host)" { return true }
        return head.headers["upgrade"] == ["webtransport"] && Self.isPage(origin, ofHost: host)
    }

    /// The port of sessions is another than that of the relay's own pages, so the host alone tells these.
    private static func isPage(_ origin: String, ofHost authority: String) -> Bool {
        let page = ["https://", "http://"].first { origin.hasPrefix($0) }.map { origin.dropFirst($0.count) }
        return page.map(Self.host(of:)) == Self.host(of: authority[...])
    }

    /// Of a name or an address, with or without a port.
    private static func host(of authority: Substring) -> String {
        if let named = HostPort(String(authority)) { return named.host }
        let isBracketed = authority.hasPrefix("[") && authority.hasSuffix("]")
        return String(isBracketed ? authority.dropFirst().dropLast() : authority)
    }

    private static var invalidHost: Reply { Reply(.badRequest, text: "Invalid host header") }

    /// Adds what goes with every response to a request from a page.
    func decorate(_ headers: inout HTTPHeaders, for head: HTTPRequestHead) {
        if let origin = head.headers.first(name: "origin") {
            self.origins.decorate(&headers, for: origin)
        }
    }
}
