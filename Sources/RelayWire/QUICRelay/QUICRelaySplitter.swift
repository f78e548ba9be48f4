public import NIOCore

/// Cuts a control stream's bytes into messages.
///
/// ``add(_:)`` what came, then take ``next()`` until it is nil. It holds less than one message, whatever a length claims, and what is no
/// message it tells by the first byte behind the length.
public struct QUICRelaySplitter: Sendable {
    private var bytes = ByteBuffer()
    private var fault: QUICRelayFault?

    public init() {}

    /// Bytes that wait for more.
    public var heldBytes: Int { self.bytes.readableBytes }

    /// Adds the bytes that came next.
    public mutating func add(_ bytes: ByteBuffer) {
        guard self.fault == nil else { return }
        if self.bytes.readableBytes == 0 {
            self.bytes = bytes
        } else {
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    /// Takes the next message, without its length.
    ///
    /// - Returns: nil where more must come first.
    /// - Throws: what is no message. Nothing follows it: each call throws again.
    public mutating func next() throws(QUICRelayFault) -> ByteBuffer? {
        if let fault = self.fault { throw fault }
        var rest = self.bytes
        guard let length = rest.readQUICVarint() else { return self.wait() }
        guard length <= QUICRelayFraming.maximumMessage else { throw self.broken(.tooLarge) }
        guard length > 0 else { throw self.broken(.noMap) }
        guard let first = rest.getInteger(at: rest.readerIndex, as: UInt8.self) else { return self.wait() }
        guard Self.beginsMap(first) else { throw self.broken(.noMap) }
        guard let message = rest.readSlice(length: Int(length)) else { return self.wait() }
        // Messages that were handed on may keep their memory, this does not.
        self.bytes = rest.readableBytes > 0 ? rest : ByteBuffer()
        return message
    }

    /// The beginning of a message must not keep alive all that came with it.
    private mutating func wait() -> ByteBuffer? {
        if self.bytes.storageCapacity > 64 + 4 * self.bytes.readableBytes {
            self.bytes = ByteBuffer(bytes: self.bytes.readableBytesView)
        }
        return nil
    }

    private static func beginsMap(_ byte: UInt8) -> Bool { 0x80...0x8F ~= byte || 0xDE...0xDF ~= byte }

    private mutating func broken(_ fault: QUICRelayFault) -> QUICRelayFault {
        self.fault = fault
        self.bytes = ByteBuffer()
        return fault
    }
}
