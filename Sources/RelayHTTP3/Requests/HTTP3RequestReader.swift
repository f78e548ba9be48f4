public import NIOCore

/// What a client sends on a stream in both directions: one request (RFC 9114 section 4.1), or the beginning of a stream of WebTransport.
///
/// Holds a head until it is complete, and nothing else.
public struct HTTP3RequestReader: Sendable {
    /// What has come.
    public enum Event: Hashable, Sendable {
        case head(HTTP3RequestHead)
        /// A head beyond what is taken. The rest of the request is passed over.
        case headTooLarge
        /// A part of the body, not empty. Where it came in one frame it shares memory with what came.
        case body(ByteBuffer)
        /// All has come.
        case end
        /// No request: a stream of a session, with what came of its content. Nothing more may be fed.
        case session(id: UInt64, ByteBuffer)
    }

    private enum Phase {
        case head
        case body
        /// Nothing follows but frames of unknown kinds.
        case trailers
        /// Of what was too large.
        case passedOver
        case over
    }

    /// The frame that is coming.
    private enum Current {
        case headers(ByteBuffer)
        case data
        case ignored
    }

    private let maxHeadBytes: Int
    private var frames = HTTP3FrameReader()
    private var phase = Phase.head
    private var current = Current.ignored
    /// Of the body, as the head says, and as it came.
    private var length: UInt64?
    private var bodyBytes: UInt64 = 0
    /// Whether a frame has begun.
    private var hasBegun = false

    /// - Parameter maxHeadBytes: of a head, or of trailers, as RFC 9114 section 4.2.2 counts them. Its frame may not be longer either.
    public init(maxHeadBytes: Int) {
        self.maxHeadBytes = maxHeadBytes
    }

    /// Bytes that are kept until more come.
    public var heldBytes: Int {
        if case .headers(let gathered) = self.current { gathered.readableBytes } else { self.frames.heldBytes }
    }

    /// Whether a head is awaited.
    public var awaitsHead: Bool { if case .head = self.phase { true } else { false } }

    /// - Parameter isLast: whether the client sends nothing behind it.
    /// - Throws: a violation, after which nothing more may be fed.
    public mutating func receive(_ bytes: ByteBuffer, isLast: Bool) throws(HTTP3Violation) -> [Event] {
        var events: [Event] = []
        self.frames.add(bytes)
        while let event = self.frames.next() {
            switch event {
            case .begins(HTTP3FrameKind.webTransportStream, let id):
                guard !self.hasBegun else { throw .connection(.frameError, "A stream of a session begins with it") }
                self.phase = .over
                return [.session(id: id, self.frames.takeRest())]
            case .begins(let kind, let length): try self.begin(kind, length, &events)
            case .payload(let part, let isLast): try self.take(part, isLast, &events)
            }
        }
        if isLast { try self.finish(&events) }
        return events
    }

    /// A small part of a body is copied out of a piece that is larger than this, bytes: where the part waits, all of the piece would be kept.
    private static let largePiece = 4 << 10

    private mutating func begin(_ kind: UInt64, _ length: UInt64, _ events: inout [Event]) throws(HTTP3Violation) {
        self.hasBegun = true
        self.current = .ignored
        switch kind {
        case HTTP3FrameKind.headers: try self.beginHeaders(length, &events)
        case HTTP3FrameKind.data:
            switch self.phase {
            case .body: self.current = .data
            case .passedOver: break
            case .head, .trailers, .over:
                throw .connection(.frameUnexpected, "DATA come behind a head and before trailers")
            }
        case HTTP3FrameKind.pushPromise: throw .connection(.frameUnexpected, "Clients push nothing")
        default:
            guard !HTTP3FrameKind.isForbidden(kind), !HTTP3FrameKind.isOfControl(kind) else {
                throw .connection(.frameUnexpected, "A frame that has no place on a request's stream")
            }
        }
    }

    private mutating func beginHeaders(_ length: UInt64, _ events: inout [Event]) throws(HTTP3Violation) {
        switch self.phase {
        case .head:
            if length > UInt64(self.maxHeadBytes) {
                self.phase = .passedOver
                events.append(.headTooLarge)
            } else {
                self.current = .headers(ByteBuffer())
            }
        // What they say is asked for by nobody.
        case .body: self.phase = .trailers
        case .passedOver: break
        case .trailers, .over: throw .connection(.frameUnexpected, "HEADERS come behind trailers")
        }
    }

    private mutating func take(_ part: ByteBuffer, _ isLast: Bool, _ events: inout [Event]) throws(HTTP3Violation) {
        switch self.current {
        case .headers(var gathered):
            self.current = .ignored
            // What waits must not keep alive all that it came with, so it is a copy.
            if isLast, gathered.readableBytes == 0 { gathered = part } else { gathered.writeImmutableBuffer(part) }
            if isLast { try self.takeHead(gathered, &events) } else { self.current = .headers(gathered) }
        case .data:
            self.bodyBytes += UInt64(part.readableBytes)
            guard self.bodyBytes <= self.length ?? .max else { throw Self.wrongLength }
            if part.readableBytes > 0 { Self.add(part, to: &events) }
        case .ignored: break
        }
    }

    /// Frames of a few bytes each become one part: parts cost more than bytes.
    private static func add(_ part: ByteBuffer, to events: inout [Event]) {
        guard case .body(var body) = events.last else {
            let isSmall = part.storageCapacity > self.largePiece && part.readableBytes < part.storageCapacity / 4
            return events.append(.body(isSmall ? ByteBuffer(bytes: part.readableBytesView) : part))
        }
        events.removeLast()
        body.writeImmutableBuffer(part)
        events.append(.body(body))
    }

    private mutating func takeHead(_ section: ByteBuffer, _ events: inout [Event]) throws(HTTP3Violation) {
        switch try QPACKDecoder.decode(section, upTo: self.maxHeadBytes) {
        case .tooLarge:
            self.phase = .passedOver
            events.append(.headTooLarge)
        case .fields(let fields):
            let head = try HTTP3RequestHead(fields)
            self.length = try head.contentLength()
            self.phase = .body
            events.append(.head(head))
        }
    }

    private static let wrongLength = HTTP3Violation.stream(
        .messageError,
        "The body is not as long as content-length says"
    )

    private mutating func finish(_ events: inout [Event]) throws(HTTP3Violation) {
        guard self.frames.isBetweenFrames else { throw .connection(.frameError, "A frame is cut short") }
        switch self.phase {
        case .head: throw .stream(.requestIncomplete, "There is no request")
        case .body, .trailers:
            guard self.bodyBytes == self.length ?? self.bodyBytes else { throw Self.wrongLength }
        case .passedOver, .over: break
        }
        self.phase = .over
        events.append(.end)
    }
}
