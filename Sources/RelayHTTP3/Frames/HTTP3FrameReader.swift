public import NIOCore
import RelayWire

/// Cuts a stream's bytes into frames. Holds no more than an unfinished header.
///
/// ``add(_:)`` what came, then take ``next()`` until it is nil.
public struct HTTP3FrameReader: Sendable {
    /// A step in the stream.
    public enum Event: Hashable, Sendable {
        /// A frame begins. At ``HTTP3FrameKind/webTransportStream`` the length is a session's id, and what follows are no frames: see
        /// ``takeRest()``.
        case begins(kind: UInt64, length: UInt64)
        /// A part of its payload, which shares memory with what came.
        case payload(ByteBuffer, isLast: Bool)
    }

    private var bytes = ByteBuffer()
    /// Bytes to come of the frame that has begun; nil between two.
    private var left: UInt64?

    public init() {}

    /// Whether the stream may end here.
    public var isBetweenFrames: Bool { self.left == nil && self.bytes.readableBytes == 0 }

    /// Bytes that are kept until more come.
    public var heldBytes: Int { self.bytes.readableBytes }

    /// Takes what came, without a copy where nothing is left of before.
    public mutating func add(_ bytes: ByteBuffer) {
        if self.bytes.readableBytes == 0 {
            self.bytes = bytes
        } else {
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    /// - Returns: nil where more has to come first.
    public mutating func next() -> Event? {
        guard let left = self.left else { return self.begin() }
        let count = Int(min(left, UInt64(self.bytes.readableBytes)))
        guard count > 0 || left == 0, let part = self.bytes.readSlice(length: count) else { return nil }
        let isLast = left == UInt64(count)
        self.left = isLast ? nil : left - UInt64(count)
        self.letGo()
        return .payload(part, isLast: isLast)
    }

    private mutating func begin() -> Event? {
        var header = self.bytes
        guard let kind = header.readQUICVarint(), let length = header.readQUICVarint() else {
            self.keepHeaderAlone()
            return nil
        }
        self.bytes = header
        self.letGo()
        if kind != HTTP3FrameKind.webTransportStream { self.left = length }
        return .begins(kind: kind, length: length)
    }

    /// An unfinished header must not keep alive all that came with it.
    private mutating func keepHeaderAlone() {
        guard self.bytes.readableBytes > 0, self.bytes.storageCapacity > 64 else { return self.letGo() }
        self.bytes = ByteBuffer(bytes: self.bytes.readableBytesView)
    }

    private mutating func letGo() {
        if self.bytes.readableBytes == 0 { self.bytes = ByteBuffer() }
    }

    /// What came and was not taken: of a stream that carries no frames any more.
    public mutating func takeRest() -> ByteBuffer {
        defer { self.bytes = ByteBuffer() }
        return self.bytes
    }
}
