public import NIOCore
import RelayWire

/// Reads the capsules on a session's CONNECT stream (RFC 9297 section 3.2): those that end it; all others are passed over, of whatever length.
public struct CapsuleReader: Sendable {
    /// What a capsule says.
    public enum Event: Hashable, Sendable {
        /// CLOSE_WEBTRANSPORT_SESSION (draft-02 section 5). Nothing that follows means anything.
        case close(code: UInt32, reason: String)
    }

    static let closeSession: UInt64 = 0x2843
    /// Of a reason, bytes.
    public static let longestReason = 1_024
    private static let codeSize = 4

    private var frames = HTTP3FrameReader()
    /// Of the capsule that ends the session.
    private var closing: ByteBuffer?
    private var isOver = false

    public init() {}

    /// Bytes that are kept until more come: at most a reason and a header.
    public var heldBytes: Int { self.frames.heldBytes + (self.closing?.readableBytes ?? 0) }

    /// - Throws: a violation of the stream.
    public mutating func receive(_ bytes: ByteBuffer) throws(HTTP3Violation) -> Event? {
        guard !self.isOver else { return nil }
        self.frames.add(bytes)
        while let event = self.frames.next() {
            switch event {
            case .begins(CapsuleReader.closeSession, let length):
                guard length >= Self.codeSize, length <= Self.codeSize + Self.longestReason else {
                    throw .stream(.messageError, "A reason is at most \(Self.longestReason) bytes")
                }
                self.closing = ByteBuffer()
            // To the frames' reader it is a stream's beginning, which no capsule is.
            case .begins(HTTP3FrameKind.webTransportStream, _):
                throw .stream(.messageError, "No capsule of this type is known")
            case .begins: break
            case .payload(let part, let isLast):
                guard self.closing?.writeImmutableBuffer(part) != nil, isLast else { continue }
                return self.close()
            }
        }
        return nil
    }

    /// Nothing more comes.
    ///
    /// - Throws: a violation of the stream, where it ends inside a capsule (RFC 9297 section 3.3).
    public func end() throws(HTTP3Violation) {
        guard !self.isOver, !self.frames.isBetweenFrames else { return }
        throw .stream(.messageError, "The stream ends inside a capsule")
    }

    private mutating func close() -> Event? {
        self.isOver = true
        guard var payload = self.closing.take(), let code: UInt32 = payload.readInteger() else { return nil }
        return .close(code: code, reason: String(buffer: payload))
    }

    /// The capsule that ends a session.
    ///
    /// - Parameter reason: for people; what is beyond 1024 bytes is cut.
    public static func close(code: UInt32, reason: String) -> ByteBuffer {
        let cut = reason.cut(to: self.longestReason)
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(self.closeSession, length: self.codeSize + cut.utf8.count)
        bytes.writeInteger(code)
        bytes.writeString(cut)
        return bytes
    }
}
