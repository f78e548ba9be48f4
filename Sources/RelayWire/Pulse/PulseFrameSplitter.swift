public import NIOCore

/// A frame claims to be longer than the connection's frames may be. Nothing of the connection can be read any more.
public struct PulseFrameTooLarge: Error, Hashable, Sendable {
    /// What the frame claims, without the length in front. In bytes.
    public let size: Int

    public init(size: Int) {
        self.size = size
    }
}

/// Cuts a connection's bytes into frames. The borders of the WebSocket messages that they come in mean nothing.
///
/// ``add(_:)`` what came, then take ``next()`` until it is nil. A frame that lies whole in what came shares memory with it. Of others the
/// bytes are copied as they come, so memory grows with these, and never with what a length claims.
public struct PulseFrameSplitter: Sendable {
    private let maximumFrame: Int
    /// What came and was not looked at yet.
    private var arrived = ByteBuffer()
    /// The first bytes of an unfinished frame, or of its length.
    private var begun = ByteBuffer()
    /// Of the frame whose length was read.
    private var size: Int?

    /// - Parameter maximumFrame: of a frame without the length in front, at most ``PulseFraming/maximumFrame``. In bytes.
    public init(maximumFrame: Int) {
        self.maximumFrame = min(maximumFrame, PulseFraming.maximumFrame)
    }

    /// Memory that the connection makes the relay hold. Where a part of a message waits, the whole message counts, since it lies in one piece of
    /// memory. In bytes.
    public var heldBytes: Int {
        self.begun.storageCapacity + (self.arrived.readableBytes > 0 ? self.arrived.storageCapacity : 0)
    }

    /// Adds the bytes that came next.
    public mutating func add(_ bytes: ByteBuffer) {
        if self.isBroken { return }
        if self.arrived.readableBytes == 0 {
            self.arrived = bytes
        } else {
            self.arrived.writeImmutableBuffer(bytes)
        }
    }

    /// Takes the next frame, without its length.
    ///
    /// - Returns: nil where more must come first.
    /// - Throws: at a frame that is too large. Nothing follows it: each call throws again.
    public mutating func next() throws(PulseFrameTooLarge) -> ByteBuffer? {
        guard let size = try self.nextSize() else { return nil }
        if self.begun.readableBytes == 0, let whole = self.arrived.readSlice(length: size) {
            self.size = nil
            self.releaseArrived()
            return whole
        }
        guard self.gather(size) else { return nil }
        self.size = nil
        return self.takeBegun()
    }

    private var isBroken: Bool { self.size.map { $0 > self.maximumFrame } ?? false }

    private mutating func nextSize() throws(PulseFrameTooLarge) -> Int? {
        if self.size == nil {
            if self.begun.readableBytes == 0, let size = self.arrived.readInteger(as: UInt32.self) {
                self.size = Int(size)
            } else {
                guard self.gather(PulseFraming.prefixSize) else { return nil }
                var prefix = self.takeBegun()
                self.size = prefix.readInteger(as: UInt32.self).map { Int($0) }
            }
        }
        guard let size = self.size, size > self.maximumFrame else { return self.size }
        self.arrived = ByteBuffer()
        throw PulseFrameTooLarge(size: size)
    }

    /// - Returns: whether so many bytes have been gathered now.
    private mutating func gather(_ size: Int) -> Bool {
        let missing = min(size - self.begun.readableBytes, self.arrived.readableBytes)
        if var bytes = self.arrived.readSlice(length: missing) { self.begun.writeBuffer(&bytes) }
        self.releaseArrived()
        return self.begun.readableBytes == size
    }

    private mutating func takeBegun() -> ByteBuffer {
        defer { self.begun = ByteBuffer() }
        return self.begun
    }

    /// Frames that were handed on may keep their memory, this does not.
    private mutating func releaseArrived() {
        if self.arrived.readableBytes == 0 { self.arrived = ByteBuffer() }
    }
}
