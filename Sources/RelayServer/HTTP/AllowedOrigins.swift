import NIOHTTP1

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
