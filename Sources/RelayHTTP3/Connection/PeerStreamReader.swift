public import NIOCore
import RelayWire

/// What a peer sends on a stream in one direction: the control stream, QPACK's two, a stream of a session, or what nobody knows.
public struct PeerStreamReader: Sendable {
    /// What has come.
    public enum Event: Hashable, Sendable {
        /// Which stream it is. Told once, before anything else.
        case began(Role)
        /// The first frame of the control stream.
        case settings(HTTP3Settings)
        /// The peer takes no further pushes.
        case goAway
        /// Of a session's stream: what came of its content. Nothing more may be fed.
        case session(id: UInt64, ByteBuffer)
    }

    /// What a stream is for.
    public enum Role: Hashable, Sendable {
        case control
        case encoder
        case decoder
        case session
        /// To be stopped: nothing of it is read.
        case unknown
    }

    private enum Phase {
        /// The kind is awaited, or a session's id.
        case beginning(ByteBuffer)
        case control
        case encoder
        case decoder(QPACKInstructions.Decoder)
        case passedOver
    }

    /// Of a frame on the control stream, bytes.
    private static let longestFrame = 4 << 10

    private var phase = Phase.beginning(ByteBuffer())
    private var frames = HTTP3FrameReader()
    private var kind: UInt64?
    private var hasSettings = false
    /// A frame of the control stream that is coming, and is read.
    private var frame: (kind: UInt64, payload: ByteBuffer)?

    public init() {}

    /// Bytes that are kept until more come.
    public var heldBytes: Int {
        if case .beginning(let bytes) = self.phase { return bytes.readableBytes }
        return self.frames.heldBytes + (self.frame?.payload.readableBytes ?? 0)
    }

    /// - Throws: a violation of the connection.
    public mutating func receive(_ bytes: ByteBuffer) throws(HTTP3Violation) -> [Event] {
        var events: [Event] = []
        var bytes = bytes
        if case .beginning(var begun) = self.phase {
            begun.writeImmutableBuffer(bytes)
            self.phase = .beginning(ByteBuffer())
            guard try self.begin(&begun, &events) else { return events }
            bytes = begun
        }
        try self.take(bytes, &events)
        return events
    }

    /// The peer has ended the stream, or has reset it.
    ///
    /// - Throws: a violation of the connection, where it needs the stream.
    public func ended() throws(HTTP3Violation) {
        switch self.phase {
        case .control, .encoder, .decoder: throw .connection(.closedCriticalStream, "A stream ended that never ends")
        case .beginning, .passedOver: break
        }
    }

    /// - Returns: false where more has to come first, or nothing does.
    private mutating func begin(_ bytes: inout ByteBuffer, _ events: inout [Event]) throws(HTTP3Violation) -> Bool {
        if self.kind == nil { self.kind = bytes.readQUICVarint() }
        switch self.kind {
        case nil:
            self.phase = .beginning(bytes)
            return false
        case HTTP3StreamKind.control: self.phase = .control
        case HTTP3StreamKind.encoder: self.phase = .encoder
        case HTTP3StreamKind.decoder: self.phase = .decoder(QPACKInstructions.Decoder())
        case HTTP3StreamKind.push: throw .connection(.streamCreation, "Clients push nothing")
        case HTTP3StreamKind.webTransport: return self.beginSession(bytes, &events)
        case .some: self.phase = .passedOver
        }
        events.append(.began(self.role))
        return true
    }

    private var role: Role {
        switch self.phase {
        case .control: .control
        case .encoder: .encoder
        case .decoder: .decoder
        case .beginning, .passedOver: .unknown
        }
    }

    private mutating func beginSession(_ bytes: ByteBuffer, _ events: inout [Event]) -> Bool {
        var bytes = bytes
        guard let id = bytes.readQUICVarint() else {
            self.phase = .beginning(bytes)
            return false
        }
        self.phase = .passedOver
        events.append(.began(.session))
        events.append(.session(id: id, bytes))
        return false
    }

    private mutating func take(_ bytes: ByteBuffer, _ events: inout [Event]) throws(HTTP3Violation) {
        switch self.phase {
        case .control:
            self.frames.add(bytes)
            while let event = self.frames.next() { try self.take(event, &events) }
        case .encoder: try QPACKInstructions.checkEncoder(bytes)
        case .decoder(var instructions):
            try instructions.check(bytes)
            self.phase = .decoder(instructions)
        case .beginning, .passedOver: break
        }
    }

    // MARK: The control stream

    private mutating func take(_ event: HTTP3FrameReader.Event, _ events: inout [Event]) throws(HTTP3Violation) {
        switch event {
        case .begins(let kind, let length): try self.beginFrame(kind, length)
        case .payload(let part, let isLast):
            guard self.frame != nil else { return }
            self.frame?.payload.writeImmutableBuffer(part)
            guard isLast, let frame = self.frame.take() else { return }
            try self.took(frame.kind, frame.payload, &events)
        }
    }

    private mutating func beginFrame(_ kind: UInt64, _ length: UInt64) throws(HTTP3Violation) {
        guard self.hasSettings || kind == HTTP3FrameKind.settings else {
            throw .connection(.missingSettings, "SETTINGS come first")
        }
        switch kind {
        case HTTP3FrameKind.settings where self.hasSettings:
            throw .connection(.frameUnexpected, "SETTINGS came twice")
        case HTTP3FrameKind.data, HTTP3FrameKind.headers, HTTP3FrameKind.pushPromise,
            HTTP3FrameKind.webTransportStream:
            throw .connection(.frameUnexpected, "A frame that has no place on a control stream")
        default:
            guard !HTTP3FrameKind.isForbidden(kind) else { throw .connection(.frameUnexpected, "A frame of HTTP/2") }
        }
        guard HTTP3FrameKind.isOfControl(kind) else { return }
        guard length <= UInt64(Self.longestFrame) else { throw .connection(.excessiveLoad, "A frame is too long") }
        self.hasSettings = true
        self.frame = (kind, ByteBuffer())
    }

    private func took(_ kind: UInt64, _ payload: ByteBuffer, _ events: inout [Event]) throws(HTTP3Violation) {
        if kind == HTTP3FrameKind.settings { return events.append(.settings(try HTTP3Settings(payload))) }
        var payload = payload
        guard payload.readQUICVarint() != nil, payload.readableBytes == 0 else {
            throw .connection(.frameError, "A frame holds more or less than a number")
        }
        switch kind {
        case HTTP3FrameKind.goAway: events.append(.goAway)
        // No push was promised, and so none can be cancelled.
        case HTTP3FrameKind.cancelPush: throw .connection(.idError, "There is no such push")
        default: break
        }
    }
}
