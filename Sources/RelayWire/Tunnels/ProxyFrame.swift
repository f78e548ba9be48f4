public import NIOCore

/// A binary message of the signaling socket: bytes of a tunnel between two peers of a session, through the relay.
///
/// ```
/// 1 byte    n, the length of the session's id, 1 to 255
/// n bytes   the session's id, UTF-8
/// 1 byte    m, the length of the peer's id, 1 to 255
/// m bytes   the peer's id, UTF-8: the destination where a peer sends the frame, the source where the relay delivers it
/// 8 bytes   the sequence number, big-endian: 0, 1, 2 ... from one peer to another
/// the rest  the data; none is a half-close
/// ```
///
/// Decoding copies nothing and makes no text: ids and data are slices of the message. The frame that the relay delivers differs from the
/// one it got in the peer's id alone. So it writes a new head (``writeHead(session:peer:sequence:into:)``), and shares the data.
public struct ProxyFrame: Hashable, Sendable {
    /// Of an id, in bytes.
    public static let longestID = 255

    /// UTF-8.
    public let session: ByteBuffer
    /// UTF-8.
    public let peer: ByteBuffer
    public let sequence: UInt64
    public let data: ByteBuffer

    /// Whether its sender sends no more.
    public var isEnd: Bool { self.data.readableBytes == 0 }

    /// Takes a whole message apart.
    ///
    /// - Parameter maxData: bytes of data that a frame may have.
    public init(_ message: ByteBuffer, maxData: Int) throws(ProxyFrameError) {
        var rest = message
        self.session = try Self.readID(&rest)
        self.peer = try Self.readID(&rest)
        guard let sequence: UInt64 = rest.readInteger() else { throw .truncated }
        guard rest.readableBytes <= maxData else { throw .dataTooLong }
        self.sequence = sequence
        self.data = rest
    }

    private static func readID(_ rest: inout ByteBuffer) throws(ProxyFrameError) -> ByteBuffer {
        guard let length: UInt8 = rest.readInteger() else { throw .truncated }
        guard length > 0 else { throw .emptyID }
        guard let id = rest.readSlice(length: Int(length)) else { throw .truncated }
        guard (try? UTF8Span(validating: id.readableBytesUInt8Span)) != nil else { throw .idIsNotText }
        return id
    }

    /// In bytes, of what comes before the data.
    ///
    /// - Parameters:
    ///   - session: the size of the session's id.
    ///   - peer: the size of the peer's id.
    public static func headSize(session: Int, peer: Int) -> Int { 1 + session + 1 + peer + 8 }

    /// Writes what comes before the data.
    ///
    /// - Precondition: both ids have 1 to ``longestID`` bytes.
    public static func writeHead(session: ByteBuffer, peer: ByteBuffer, sequence: UInt64, into buffer: inout ByteBuffer)
    {
        self.write(id: session, into: &buffer)
        self.write(id: peer, into: &buffer)
        buffer.writeInteger(sequence)
    }

    private static func write(id: ByteBuffer, into buffer: inout ByteBuffer) {
        precondition(
            1...self.longestID ~= id.readableBytes,
            "an id of \(id.readableBytes) bytes has no place in a frame"
        )
        buffer.writeInteger(UInt8(id.readableBytes))
        buffer.writeImmutableBuffer(id)
    }
}

/// Why a binary message is no ``ProxyFrame``.
public enum ProxyFrameError: Error, Hashable, Sendable {
    /// It ends before its data begins.
    case truncated
    case emptyID
    /// An id is not UTF-8.
    case idIsNotText
    /// It has more data than a frame may.
    case dataTooLong

    /// Plain English, fit to be sent to the client.
    public var message: String {
        switch self {
        case .truncated: "The frame ends before its data begins"
        case .emptyID: "An id in the frame is empty"
        case .idIsNotText: "An id in the frame is not UTF-8"
        case .dataTooLong: "The frame has too much data"
        }
    }
}
