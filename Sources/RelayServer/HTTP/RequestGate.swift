import NIOHTTP1

/// What every request passes before its route: the trusted hosts, and the rules for calls from other origins (CORS).
struct RequestGate: Sendable {
    let hosts: TrustedHosts
    let origins: AllowedOrigins

    /// What monitoring asks by whatever address it has, so the host that it names doesn't matter.
    private static let pathsOfAnyHost: Set<Substring> = ["/health", "/ready", "/metrics"]

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

    /// Whether a page of this origin may open a WebSocket or an event stream: browsers don't ask first for those.
    func mayConnect(_ head: HTTPRequestHead) -> Bool {
        guard let origin = head.headers.first(name: "origin") else { return true }
        if self.origins.allows(origin) { return true }
        guard let host = head.headers.first(name: "host") else { return false }
        return origin == "https://\(host)" || origin == "http://\(host)"
    }

    private static var invalidHost: Reply { Reply(.badRequest, text: "Invalid host header") }

    /// Adds what goes with every response to a request from a page.
    func decorate(_ headers: inout HTTPHeaders, for head: HTTPRequestHead) {
        if let origin = head.headers.first(name: "origin") {
            self.origins.decorate(&headers, for: origin)
        }
    }
}

/// The hosts that the relay answers for.
struct TrustedHosts: Sendable {
    /// Whether it is any host.
    let isOpen: Bool
    private let exact: Set<String>
    /// `.example.org` for `*.example.org`.
    private let suffixes: [String]

    /// - Parameter hosts: names, `*.example.org`, or `*`, without ports. Empty: any host.
    init(_ hosts: [String]) {
        let hosts = hosts.map { $0.lowercased() }
        self.isOpen = hosts.isEmpty || hosts.contains("*")
        self.exact = Set(hosts.filter { !$0.hasPrefix("*") })
        self.suffixes = hosts.filter { $0.hasPrefix("*.") }.map { String($0.dropFirst()) }
    }

    func trusts(_ header: String?) -> Bool {
        guard !self.isOpen else { return true }
        guard let header else { return false }
        let host = Self.withoutPort(header.lowercased())
        return self.exact.contains(host) || self.suffixes.contains { host.hasSuffix($0) && host.count > $0.count }
    }

    /// The host of `host:port`; an IPv6 literal keeps its brackets.
    private static func withoutPort(_ header: String) -> String {
        if header.hasPrefix("["), let end = header.firstIndex(of: "]") { return String(header[...end]) }
        return String(header.prefix { $0 != ":" })
    }
}

/// The origins whose pages may call the relay. Nobody gets credentials: tokens go in headers that pages set themselves.
struct AllowedOrigins: Sendable {
    static let methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
    static let requestHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
    static let maxAgeSeconds = "600"

    private let origins: Set<String>

    /// - Parameter origins: compared exactly; `*` allows all.
    init(_ origins: [String]) {
        self.origins = Set(origins)
    }

    func allows(_ origin: String) -> Bool {
        self.origins.contains(origin) || self.origins.contains("*")
    }

    func decorate(_ headers: inout HTTPHeaders, for origin: String) {
        headers.add(name: "vary", value: "Origin")
        guard self.allows(origin) else { return }
        headers.add(name: "access-control-allow-origin", value: origin)
        headers.add(
            name: "access-control-expose-headers",
            value: "Retry-After, X-Durability, X-Next-Cursor, X-Request-ID"
        )
    }

    func preflight(_ request: HTTPHeaders) -> Reply {
        guard let origin = request.first(name: "origin"), self.allows(origin) else {
            return Reply(.badRequest, text: "Disallowed CORS origin")
        }
        var reply = Reply(.ok, text: "OK")
        reply.headers.add(name: "access-control-allow-methods", value: Self.methods)
        reply.headers.add(name: "access-control-allow-headers", value: Self.requestHeaders)
        reply.headers.add(name: "access-control-max-age", value: Self.maxAgeSeconds)
        return reply
    }
}
