import NIOCore
import NIOHTTP1

/// Reads the requests that carry messages, where they come in the shape that nearly all clients send.
///
/// It knows one subset of HTTP/1.1. It answers nil to everything else:
///
/// - a target that is not one of the three below
/// - a header that changes how a message is framed or a connection goes on
/// - a byte outside of printable ASCII
/// - a body that isn't there whole
///
/// What it refuses to read, NIO's decoder reads, from the request's first byte on. What it reads, it reads as that decoder does;
/// `RequestHeadScannerTests` holds it to that.
struct RequestHeadScanner {
    /// A request, complete.
    struct Request {
        let known: KnownHead
        /// Shares the bytes that it was read from.
        let body: ByteBuffer

        var head: HTTPRequestHead { self.known.head }
    }

    /// Larger heads, and those with more headers, are the decoder's, which has limits for them.
    static let maxHeadBytes = 8 << 10
    static let maxHeaders = 32

    /// Kept between requests: most texts of a head are those of the head before.
    private let texts: HeadTexts
    /// Of the head before. A head is kept when it comes again: what differs with every request would only push out others.
    private var lastDigest = 0

    init(texts: HeadTexts) {
        self.texts = texts
    }

    /// Takes one request from the front of `bytes`.
    ///
    /// - Returns: nil, with nothing taken, where the decoder must read it.
    mutating func read(from bytes: inout ByteBuffer) -> Request? {
        guard let known = self.knownHead(bytes.readableBytesUInt8Span),
            bytes.readableBytes - known.size >= known.bodySize
        else { return nil }
        bytes.moveReaderIndex(forwardBy: known.size)
        guard let body = bytes.readSlice(length: known.bodySize) else { return nil }
        return Request(known: known, body: body)
    }

    private mutating func knownHead(_ bytes: Span<UInt8>) -> KnownHead? {
        if let known = self.texts.head(self.lastDigest, beginning: bytes) { return known }
        guard let (head, size, bodySize) = self.head(bytes) else { return nil }
        guard self.texts.keeps(size) else { return KnownHead(head, size: size, bodySize: bodySize, bytes: []) }
        let digest = bytes.digest(first: size)
        guard digest == self.lastDigest else {
            self.lastDigest = digest
            return KnownHead(head, size: size, bodySize: bodySize, bytes: [])
        }
        let known = KnownHead(head, size: size, bodySize: bodySize, bytes: bytes.array(first: size))
        self.texts.keep(known, digest)
        return known
    }

    private func head(_ bytes: Span<UInt8>) -> (head: HTTPRequestHead, size: Int, bodySize: Int)? {
        guard let (uri, start) = Self.requestLine(bytes) else { return nil }
        var place = start
        var headers: [(String, String)] = []
        headers.reserveCapacity(8)
        var bodySize: Int?
        for _ in 0...Self.maxHeaders {
            guard place + 2 <= bytes.count, place <= Self.maxHeadBytes else { return nil }
            if bytes[place] == Self.return {
                guard bytes[place + 1] == Self.newline, let bodySize else { return nil }
                return (Self.head(uri, headers), place + 2, bodySize)
            }
            guard let field = Field(bytes, at: place) else { return nil }
            switch field.role(in: bytes) {
            case .ordinary:
                break
            case .contentLength:
                guard bodySize == nil, let size = field.number(in: bytes) else { return nil }
                bodySize = size
            case .framing:
                return nil
            }
            headers.append((self.texts.text(bytes, field.name), self.texts.text(bytes, field.value)))
            place = field.end
        }
        return nil
    }

    private static func head(_ uri: String, _ headers: [(String, String)]) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .POST, uri: uri, headers: HTTPHeaders(headers))
    }

    // MARK: The request line

    private static let newline = UInt8(ascii: "\n")
    private static let `return` = UInt8(ascii: "\r")

    /// The targets that are worth knowing, with the line that asks for each.
    private static let lines: [(line: StaticString, uri: String)] = [
        ("POST /api/v1/messages HTTP/1.1\r\n", "/api/v1/messages"),
        ("POST /messages/poll HTTP/1.1\r\n", "/messages/poll"),
        ("POST /api/v1/messages/bulk HTTP/1.1\r\n", "/api/v1/messages/bulk"),
    ]

    /// - Returns: the target, and where the first header begins.
    private static func requestLine(_ bytes: Span<UInt8>) -> (uri: String, end: Int)? {
        for (line, uri) in self.lines where bytes.begins(with: line) {
            return (uri, line.utf8CodeUnitCount)
        }
        return nil
    }

    // MARK: Headers

    /// One header line, as places in the head.
    private struct Field {
        enum Role {
            case ordinary
            case contentLength
            /// Says how the message or the connection goes on.
            case framing
        }

        let name: Range<Int>
        let value: Range<Int>
        /// Behind the line.
        let end: Int

        /// - Returns: nil unless the line is `name: value` in letters, digits, hyphens and printable ASCII, with at most
        ///   one space before the value and none behind it.
        init?(_ bytes: Span<UInt8>, at start: Int) {
            var place = start
            while place < bytes.count, Self.isInName(bytes[place]) { place += 1 }
            guard place > start, place < bytes.count, bytes[place] == UInt8(ascii: ":") else { return nil }
            self.name = start..<place
            place += 1
            if place < bytes.count, bytes[place] == UInt8(ascii: " ") { place += 1 }
            let end = bytes.endOfPrintable(from: place)
            guard end > place, end + 1 < bytes.count, end - start <= RequestHeadScanner.maxHeadBytes,
                bytes[place] != UInt8(ascii: " "), bytes[end - 1] != UInt8(ascii: " "),
                bytes[end] == RequestHeadScanner.return, bytes[end + 1] == RequestHeadScanner.newline
            else { return nil }
            self.value = place..<end
            self.end = end + 2
        }

        private static func isInName(_ byte: UInt8) -> Bool {
            switch byte | 0x20 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): true
            default: byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            }
        }

        /// Told by length first: the names of every other length are ordinary.
        func role(in bytes: Span<UInt8>) -> Role {
            switch self.name.count {
            case 2: self.isNamed("te", in: bytes) ? .framing : .ordinary
            case 6: self.isNamed("expect", in: bytes) ? .framing : .ordinary
            case 7:
                self.isNamed("upgrade", in: bytes) || self.isNamed("trailer", in: bytes) ? .framing : .ordinary
            case 10:
                if !self.isNamed("connection", in: bytes) || self.isKeepAlive(in: bytes) { .ordinary } else { .framing }
            case 14: self.isNamed("content-length", in: bytes) ? .contentLength : .ordinary
            case 16: self.isNamed("proxy-connection", in: bytes) ? .framing : .ordinary
            case 17: self.isNamed("transfer-encoding", in: bytes) ? .framing : .ordinary
            default: .ordinary
            }
        }

        private func isNamed(_ name: StaticString, in bytes: Span<UInt8>) -> Bool {
            bytes.holds(lowercase: name, at: self.name.lowerBound)
        }

        private func isKeepAlive(in bytes: Span<UInt8>) -> Bool {
            self.value.count == 10 && bytes.holds(lowercase: "keep-alive", at: self.value.lowerBound)
        }

        /// A length of one to nine digits, without a zero in front.
        func number(in bytes: Span<UInt8>) -> Int? {
            guard self.value.count < 10, bytes[self.value.lowerBound] != UInt8(ascii: "0") else { return nil }
            var number = 0
            for index in self.value {
                guard case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 else { return nil }
                number = number * 10 + Int(digit)
            }
            return number
        }
    }
}
