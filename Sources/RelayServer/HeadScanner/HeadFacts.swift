import NIOHTTP1
import RelayWire

/// What the connection has to know of a request's header fields, found in one pass.
struct HeadFacts {
    /// `Host` fields.
    private(set) var hosts = 0
    /// The body's length in bytes where the head tells it; one that no number holds is `Int.max`.
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var expectsContinue = false
    private(set) var asksForUpgrade = false
    private(set) var hasOrigin = false
    private(set) var authorization: String?
    /// Whether it says that it belongs to a trace.
    private(set) var hasTraceparent = false
    /// What the client calls the request.
    private(set) var requestID: String?
    /// How the body is encoded; nil where it is sent as it is.
    private(set) var contentEncoding: String?

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            // Lengths tell nearly all fields apart.
            switch name.utf8.count {
            case 4 where Self.equal(name, "host"): self.hosts += 1
            case 6 where Self.equal(name, "origin"): self.hasOrigin = true
            case 6 where Self.equal(name, "expect"):
                self.expectsContinue = self.expectsContinue || value.isToken("100-continue")
            case 7 where Self.equal(name, "upgrade"): self.asksForUpgrade = true
            case 11 where Self.equal(name, "traceparent"): self.hasTraceparent = true
            case 12 where Self.equal(name, "x-request-id"): self.requestID = self.requestID ?? value
            case 13 where Self.equal(name, "authorization"): self.authorization = self.authorization ?? value
            // The decoder lets digits through only.
            case 14 where Self.equal(name, "content-length"): self.contentLength = Int(value) ?? .max
            case 16 where Self.equal(name, "content-encoding"): self.addEncoding(value)
            case 17 where Self.equal(name, "transfer-encoding"): self.isChunked = true
            default: break
            }
        }
    }

    /// Whether a body follows the head.
    var hasBody: Bool { self.isChunked || (self.contentLength ?? 0) > 0 }

    /// Lets go of what only the request's beginning needs.
    mutating func forgetTexts() {
        self.authorization = nil
        self.requestID = nil
        self.contentEncoding = nil
    }

    /// Whether the body is known to end, and to be no longer than `limit`. Who waits for a word before it sends the body may now send none.
    func endsSoon(within limit: Int) -> Bool {
        !self.isChunked && self.contentLength ?? 0 <= limit && !self.expectsContinue
    }

    private mutating func addEncoding(_ value: String) {
        let value = value.lowercasedASCII
        guard value != "identity", !value.isEmpty else { return }
        self.contentEncoding = self.contentEncoding.map { "\($0), \(value)" } ?? value
    }

    /// - Parameter lowercased: letters and hyphens.
    private static func equal(_ name: String, _ lowercased: String) -> Bool {
        name.utf8.elementsEqual(lowercased.utf8) { $0 | 0x20 == $1 }
    }
}
