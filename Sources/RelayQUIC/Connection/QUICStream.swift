public import NIOCore

/// A stream of a connection. Lives on the connection's loop, and is used there alone.
public final class QUICStream {
    /// As in RFC 9000 section 2.1: the first stream that a client opens in both directions is 0.
    public let id: UInt64
    /// Also after the stream is closed.
    public let connection: QUICConnection
    /// Kept until the stream is closed.
    public var handler: (any QUICStreamHandler)?
    /// Written, and not released yet, bytes. They are all held in memory: whoever writes bounds them.
    public private(set) var held = 0
    /// Received, and not granted again, bytes.
    public private(set) var owed = 0
    /// A code that one of the sides gave in a reset or a stop; known once the stream is closed.
    public private(set) var errorCode: UInt64?
    /// Whether bytes written now go to the peer: not after the last ones, a reset, a stop, or the end, nor on the peer's one way.
    public private(set) var isWritable: Bool

    private var isClosed = false
    /// Nothing that comes is handed on.
    private var isStopped = false

    init(id: UInt64, connection: QUICConnection) {
        self.id = id
        self.connection = connection
        self.isWritable = true
        self.isWritable = self.isBidirectional || self.isOwn
    }

    /// Whether both sides can send on it.
    public var isBidirectional: Bool { self.id & 2 == 0 }
    /// Whether it was opened here.
    public var isOwn: Bool { (self.id & 1 == 1) == self.connection.isServer }

    // MARK: Sending

    /// Hands bytes over to be sent, without a copy: their memory is shared until the peer has acknowledged them. Goes out at the end of this
    /// turn of the loop. What can't go to the peer any more (``isWritable``) is dropped, and not told of by `released`.
    ///
    /// - Parameter isLast: ends our direction.
    public func write(_ bytes: ByteBuffer, isLast: Bool = false) {
        guard self.isWritable, isLast || bytes.readableBytes > 0 else { return }
        guard self.connection.write(bytes, isLast: isLast, to: self) else { return }
        self.held += bytes.readableBytes
        if isLast { self.isWritable = false }
    }

    /// Gives up our direction: what has not reached the peer may not any more (RESET_STREAM).
    ///
    /// - Parameter code: of the application's protocol, below 2^62.
    public func reset(code: UInt64) {
        guard !self.isClosed else { return }
        self.isWritable = false
        self.connection.reset(self, code: code)
    }

    // MARK: Receiving

    /// Lets the peer send so many bytes more, on the stream and on the connection, since as many that it had sent are held no more.
    ///
    /// To be called for all bytes received, once; also after the stream is closed. What is never granted is missing in the connection's window.
    ///
    /// - Parameter count: bytes, at most ``owed``.
    public func grant(_ count: Int) {
        // What was owed when it was stopped is granted already.
        let count = min(count, self.owed)
        guard count > 0 else { return }
        self.owed -= count
        self.connection.grant(count, on: self.isClosed ? nil : self)
    }

    /// Takes over what is owed, of a stream that is closed or about to be stopped: to grant it later to the connection alone, see
    /// ``QUICConnection/grant(_:)``, without the stream.
    ///
    /// - Returns: bytes.
    public func takeOwed() -> Int {
        defer { self.owed = 0 }
        return self.owed
    }

    /// Tells the peer that nothing more is read (STOP_SENDING). Nothing is received any more; what is owed is granted to the connection.
    ///
    /// - Parameter code: of the application's protocol, below 2^62.
    public func stop(code: UInt64) {
        guard !self.isStopped else { return }
        self.isStopped = true
        if !self.isClosed { self.connection.stop(self, code: code) }
        self.connection.grant(self.owed, on: nil)
        self.owed = 0
    }

    // MARK: What has happened

    func received(_ bytes: ByteBuffer, isLast: Bool) {
        // It may have been on its way when the stream was stopped.
        guard !self.isStopped else { return self.connection.grant(bytes.readableBytes, on: nil) }
        self.owed += bytes.readableBytes
        self.handler?.stream(self, received: bytes, isLast: isLast)
    }

    func released(_ count: Int) {
        self.held -= count
        self.handler?.stream(self, released: count)
    }

    func wasReset(code: UInt64) {
        guard !self.isStopped else { return }
        self.handler?.stream(self, wasResetWith: code)
    }

    func wasStopped() {
        self.isWritable = false
        self.handler?.streamWasStopped(self)
    }

    func closed(code: UInt64?) {
        self.isClosed = true
        self.isWritable = false
        self.errorCode = code
        let handler = self.handler
        self.handler = nil
        handler?.streamClosed(self)
    }
}
