import NIOHPACK
import NIOHTTP1

/// What the fields that open a stream mean, as a head of the kind that all routes take.
///
/// The library has held the fields to RFC 9113 by then: names are in small letters, no field speaks of the connection, no value breaks a line.
/// So what is added here can't be the client's:
///
/// - `transfer-encoding: chunked` stands for a body whose length is not known
/// - `upgrade: websocket` and `upgrade: webtransport` stand for `:protocol` (RFC 8441, RFC 9220)
enum StreamHead {
    case request(HTTPRequestHead)
    /// A WebSocket is to be opened. Whatever comes next on the stream is the WebSocket's.
    case webSocket(HTTPRequestHead)
    /// A session of WebTransport is to be opened, which only HTTP/3 has.
    case session(HTTPRequestHead)
    /// More than a head may hold.
    case tooLarge
    case refused(HTTPResponseStatus)

    /// Fields that are not of HTTP itself.
    private static let maxFields = 100
    /// One field's name and value, bytes.
    private static let maxFieldBytes = 16 << 10
    /// All fields' names and values, bytes.
    private static let maxBytes = 64 << 10

    /// - Parameter isComplete: whether no body follows.
    init(_ fields: HPACKHeaders, isComplete: Bool) {
        var reader = Reader(fields.count)
        for (name, value, _) in fields {
            guard reader.take(name, value) else {
                self = reader.isTooLarge ? .tooLarge : .refused(.badRequest)
                return
            }
        }
        self = reader.head(isComplete: isComplete)
    }

    private struct Reader {
        private var method = ""
        private var path = ""
        private var authority: String?
        private var kind: String?
        private var headers = HTTPHeaders()
        private var cookies: [String] = []
        private var fields = 0
        private var bytes = 0
        private(set) var isTooLarge = false

        init(_ count: Int) {
            self.headers.reserveCapacity(count)
        }

        /// - Returns: false where it can't be part of a head.
        mutating func take(_ name: String, _ value: String) -> Bool {
            let size = name.utf8.count + value.utf8.count
            self.bytes += size
            guard size <= StreamHead.maxFieldBytes, self.bytes <= StreamHead.maxBytes else {
                self.isTooLarge = true
                return false
            }
            // As the decoder of HTTP/1.1 has it.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return false }
            if name.utf8.first == UInt8(ascii: ":") { return self.takePseudoField(name, value) }
            self.fields += 1
            guard self.fields <= StreamHead.maxFields else {
                self.isTooLarge = true
                return false
            }
            switch name {
            // Clients may send each cookie in a field of its own (RFC 9113, section 8.2.3).
            case "cookie": self.cookies.append(value)
            default: self.headers.add(name: name, value: value)
            }
            return true
        }

        private mutating func takePseudoField(_ name: String, _ value: String) -> Bool {
            switch name {
            case ":method": self.method = value
            case ":path": self.path = value
            case ":authority": self.authority = value
            case ":protocol": self.kind = value
            default: break
            }
            return true
        }

        func head(isComplete: Bool) -> StreamHead {
            if self.method == "CONNECT", self.kind == nil { return .refused(.methodNotAllowed) }
            guard self.path.utf8.first == UInt8(ascii: "/") || self.path == "*",
                !self.path.utf8.contains(UInt8(ascii: " ")), let headers = self.completeHeaders(isComplete: isComplete)
            else { return .refused(.badRequest) }
            guard let kind = self.kind else { return .request(self.head(HTTPMethod(rawValue: self.method), headers)) }
            guard kind == "websocket" || kind == "webtransport" else { return .refused(.notImplemented) }
            // It could send nothing, and so is none.
            guard !isComplete else { return .refused(.badRequest) }
            var head = self.head(.GET, headers)
            head.headers.remove(name: "transfer-encoding")
            head.headers.remove(name: "content-length")
            head.headers.add(name: "upgrade", value: kind)
            return kind == "websocket" ? .webSocket(head) : .session(head)
        }

        private func head(_ method: HTTPMethod, _ headers: HTTPHeaders) -> HTTPRequestHead {
            HTTPRequestHead(version: .http2, method: method, uri: self.path, headers: headers)
        }

        /// - Returns: nil where two fields say who is asked, and not the same.
        private func completeHeaders(isComplete: Bool) -> HTTPHeaders? {
            var headers = self.headers
            if let authority = self.authority {
                guard headers["host"].allSatisfy({ $0 == authority }) else { return nil }
                headers.replaceOrAdd(name: "host", value: authority)
            }
            if !self.cookies.isEmpty { headers.add(name: "cookie", value: self.cookies.joined(separator: "; ")) }
            if !isComplete, !headers.contains(name: "content-length") {
                headers.add(name: "transfer-encoding", value: "chunked")
            }
            return headers
        }
    }
}
