/// The fields that open a request, held to RFC 9114 section 4.3.
public struct HTTP3RequestHead: Hashable, Sendable {
    public let method: String
    public let scheme: String?
    /// Nil where a plain CONNECT has none.
    public let path: String?
    public let authority: String?
    /// Of extended CONNECT (RFC 9220).
    public let connectProtocol: String?
    /// Those that are no pseudo fields, in their order.
    public let fields: [HTTP3Field]

    /// Whether it is to open a session of WebTransport.
    var asksForSession: Bool { self.connectProtocol == "webtransport" }

    private static let ofConnection: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    /// - Throws: a violation of the stream: the request is malformed.
    public init(_ section: [HTTP3Field]) throws(HTTP3Violation) {
        var pseudo: [String: String] = [:]
        var fields: [HTTP3Field] = []
        fields.reserveCapacity(section.count)
        for field in section {
            guard field.name.utf8.first == UInt8(ascii: ":") else {
                try Self.check(field)
                fields.append(field)
                continue
            }
            guard fields.isEmpty, Self.isPseudo(field.name), pseudo.updateValue(field.value, forKey: field.name) == nil,
                Self.isValue(field.value)
            else { throw Self.malformed("A pseudo field is unknown, out of place, or there twice") }
        }
        guard let method = pseudo[":method"], Self.isToken(method) else { throw Self.malformed("There is no method") }
        self.method = method
        self.scheme = pseudo[":scheme"]
        self.path = pseudo[":path"]
        self.authority = pseudo[":authority"]
        self.connectProtocol = pseudo[":protocol"]
        self.fields = fields
        try self.checkTarget()
    }

    private static func malformed(_ reason: String) -> HTTP3Violation { .stream(.messageError, reason) }

    private static func isPseudo(_ name: String) -> Bool {
        switch name {
        case ":method", ":scheme", ":path", ":authority", ":protocol": true
        default: false
        }
    }

    private func checkTarget() throws(HTTP3Violation) {
        if self.method == "CONNECT", self.connectProtocol == nil {
            guard self.scheme == nil, self.path == nil, self.authority?.isEmpty == false else {
                throw Self.malformed("CONNECT has an authority alone")
            }
            return
        }
        guard self.connectProtocol == nil || self.method == "CONNECT" else {
            throw Self.malformed("Only CONNECT has a protocol")
        }
        guard self.scheme?.isEmpty == false, self.path?.isEmpty == false else {
            throw Self.malformed("A request has a scheme and a path")
        }
        guard self.authority?.isEmpty == false || self.fields.contains(where: { $0.name == "host" }) else {
            throw Self.malformed("A request says whom it asks")
        }
    }

    private static func check(_ field: HTTP3Field) throws(HTTP3Violation) {
        guard self.isToken(field.name), !field.name.utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else {
            throw self.malformed("A field's name has a letter that is not small, or something else")
        }
        guard !self.ofConnection.contains(field.name), field.name != "te" || field.value == "trailers" else {
            throw self.malformed("A field speaks of the connection")
        }
        guard self.isValue(field.value) else { throw self.malformed("A field's value breaks its line") }
    }

    private static func isValue(_ value: String) -> Bool {
        !value.utf8.contains { $0 == 0 || $0 == 0x0A || $0 == 0x0D }
    }

    /// RFC 9110 section 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// The body's size, as the client says; nil where it says nothing.
    ///
    /// - Throws: a violation of the stream, where it says what is no size, or two.
    func contentLength() throws(HTTP3Violation) -> UInt64? {
        var found: UInt64?
        for field in self.fields where field.name == "content-length" {
            guard field.value.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let size = UInt64(field.value),
                found == nil || found == size
            else { throw Self.malformed("A content-length is none") }
            found = size
        }
        return found
    }
}
