public import NIOCore
public import RelayQUIC
import RelayWire

/// A stream of a session. Lives on its connection's loop.
public final class WebTransportStream {
    /// Kept until the stream is closed.
    public var handler: (any WebTransportStreamHandler)?
    /// Its session's; nil while it waits for it, and once that is over.
    public internal(set) weak var session: WebTransportSession?

    let sessionID: UInt64
    private let transport: QUICStream
    /// What came before there was a session, or before its beginning was handed on.
    private var early: Early?
    /// Of an own stream, what was written to say whose it is, and has not reached the peer.
    private var preface = 0
    private var isCancelled = false

    private struct Early {
        var bytes: ByteBuffer
        var isLast = false
        /// Whether more is to come of the call that has brought the beginning.
        var isBeginning = true
        /// Whether the transport has done with it. A stream in one direction is closed as soon as its end has come.
        var isClosed = false
    }

    /// Of the peer's.
    ///
    /// - Parameter content: what has come already.
    init(_ transport: QUICStream, of sessionID: UInt64, _ content: ByteBuffer) {
        self.transport = transport
        self.sessionID = sessionID
        self.early = Early(bytes: content)
        // What said whose it is, is not kept.
        transport.grant(transport.owed - content.readableBytes)
    }

    /// An own one.
    init(own transport: QUICStream, of session: WebTransportSession) {
        self.transport = transport
        self.sessionID = session.id
        self.session = session
        var bytes = ByteBuffer()
        let kind = transport.isBidirectional ? HTTP3FrameKind.webTransportStream : HTTP3StreamKind.webTransport
        bytes.writeQUICVarint(kind)
        bytes.writeQUICVarint(session.id)
        self.preface = bytes.readableBytes
        transport.handler = self
        transport.write(bytes)
    }

    /// Of the stream in its connection.
    public var id: UInt64 { self.transport.id }
    /// Whether both sides can send on it.
    public var isBidirectional: Bool { self.transport.isBidirectional }
    /// Whether it was opened here.
    public var isOwn: Bool { self.transport.isOwn }
    /// Whether what is written goes to the peer.
    public var isWritable: Bool { self.transport.isWritable }
    /// What was written and has not reached the peer, bytes. They are held in memory: whoever writes bounds them.
    public var held: Int { self.transport.held - self.preface }
    /// What was written in all, bytes.
    public private(set) var written: UInt64 = 0
    /// What was received and not granted again, bytes.
    public var owed: Int { self.transport.owed }

    /// Writes bytes, which share their memory until they have reached the peer.
    public func write(_ bytes: ByteBuffer, isLast: Bool = false) {
        guard self.transport.isWritable else { return }
        self.written += UInt64(bytes.readableBytes)
        self.transport.write(bytes, isLast: isLast)
    }

    /// Lets the peer send so many bytes more, since as many are held no more.
    public func grant(_ count: Int) { self.transport.grant(count) }

    /// Gives up both directions.
    ///
    /// - Parameter code: the application's.
    public func cancel(_ code: UInt32) { self.refuse(.application(code)) }

    func refuse(_ code: HTTP3ErrorCode) {
        let wasClosed = self.early?.isClosed ?? false
        self.early = nil
        if wasClosed {
            // Its bytes are dropped.
            self.transport.grant(self.transport.owed)
            return self.finish()
        }
        if self.isBidirectional || !self.isOwn { self.transport.stop(code: code.rawValue) }
        if self.isBidirectional || self.isOwn { self.transport.reset(code: code.rawValue) }
    }

    // MARK: Its beginning

    /// All was told of what came with its beginning.
    func begin(isLast: Bool) {
        self.early?.isBeginning = false
        if isLast { self.early?.isLast = true }
        self.handOn()
    }

    /// There is a session, and a handler.
    func accepted() { self.handOn() }

    private func handOn() {
        guard let handler = self.handler, let early = self.early, !early.isBeginning else { return }
        self.early = nil
        if early.isLast || early.bytes.readableBytes > 0 {
            handler.stream(self, received: early.bytes, isLast: early.isLast)
        }
        if early.isClosed { self.finish() }
    }

    /// Nothing comes of it any more.
    private func finish() {
        self.session?.closed(self)
        let handler = self.handler
        self.handler = nil
        handler?.streamClosed(self)
    }
}

extension WebTransportStream: QUICStreamHandler {
    public func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        guard self.early == nil else {
            _ = self.early?.bytes.writeImmutableBuffer(bytes)
            if isLast { self.early?.isLast = true }
            return
        }
        guard let handler = self.handler else { return stream.grant(bytes.readableBytes) }
        handler.stream(self, received: bytes, isLast: isLast)
    }

    public func stream(_ stream: QUICStream, released count: Int) {
        self.preface = max(0, self.preface - count)
        self.handler?.streamReleased(self)
    }

    public func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.cancelled() }

    public func streamWasStopped(_ stream: QUICStream) { self.cancelled() }

    private func cancelled() {
        guard !self.isCancelled else { return }
        self.isCancelled = true
        self.handler?.streamWasCancelled(self)
    }

    public func streamClosed(_ stream: QUICStream) {
        // What has come whole is somebody's as soon as there is a session.
        if self.early?.isLast == true, !self.isCancelled {
            self.early?.isClosed = true
        } else {
            self.early = nil
            self.finish()
        }
    }
}
