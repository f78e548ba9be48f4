import NIOHTTP1
import RelayWire

/// The origins whose pages may call the relay. Nobody gets credentials: tokens go in headers that pages set themselves.
struct AllowedOrigins: Sendable {
    static let methods = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
    static let requestHeaders = "Authorization, Content-Type, Idempotency-Key, Last-Event-ID"
    static let maxAgeSeconds = "600"

    private let allowsAll: Bool
    /// In the small letters of ASCII, as bytes: texts that Unicode takes for the same are different origins.
    private let origins: Set<[UInt8]>

    /// - Parameter origins: compared byte by byte, but for the case of ASCII letters; `*` allows all.
    init(_ origins: [String]) {
        self.allowsAll = origins.contains("*")
        self.origins = Set(origins.map(Self.bytes))
    }

    func allows(_ origin: String) -> Bool {
        self.allowsAll || self.origins.contains(Self.bytes(of: origin))
    }

    /// An origin is a scheme, a host and a port: nothing in it tells capital letters from small ones.
    private static func bytes(of origin: String) -> [UInt8] {
        Array(origin.lowercasedASCII.utf8)
    }

    /// Adds to an answer what the page that asked may do with it. An answer that says so itself, as one does that is the same for all pages, stays
    /// as it is.
    func decorate(_ headers: inout HTTPHeaders, for origin: String) {
        guard !headers.contains(name: "access-control-allow-origin") else { return }
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
