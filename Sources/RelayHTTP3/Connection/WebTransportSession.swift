public import NIOCore
public import RelayQUIC
import RelayWire

/// A session of WebTransport over HTTP/3 (draft-ietf-webtrans-http3-02): the streams and datagrams that belong to one request. Lives on its
/// connection's loop.
public final class WebTransportSession {
    /// That has opened it.
    public let request: HTTP3Request
    /// Kept until the session is over.
    private var handler: (any WebTransportSessionHandler)?
    private var streams: [UInt64: WebTransportStream] = [:]
    private var isOver = false

    init(_ request: HTTP3Request, _ handler: any WebTransportSessionHandler) {
        self.request = request
        self.handler = handler
    }

    /// Its request's.
    public var id: UInt64 { self.request.id }

    private var transport: QUICConnection? { self.isOver ? nil : self.request.connection.transport }

    // MARK: What it does

    /// Opens a stream that goes from here to the peer.
    public func openUnidirectionalStream(
        _ handler: any WebTransportStreamHandler
    ) throws(QUICProblem) -> WebTransportStream {
        guard let transport = self.transport else { throw .notConnected }
        let stream = WebTransportStream(own: try transport.openUnidirectionalStream(Nobody()), of: self)
        stream.handler = handler
        self.streams[stream.id] = stream
        return stream
    }

    /// The longest datagram that the peer takes now, bytes; 0 where it takes none.
    public var largestDatagram: Int {
        guard let transport = self.transport else { return 0 }
        return max(0, transport.largestDatagram - QUICVarint.size(of: self.id / 4))
    }

    /// Sends a datagram now or never.
    ///
    /// - Returns: false where it is dropped: too long, or too much waits already.
    @discardableResult
    public func send(datagram: ByteBuffer) -> Bool {
        guard let transport = self.transport else { return false }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(QUICVarint.longest + datagram.readableBytes)
        bytes.writeQUICVarint(self.id / 4)
        bytes.writeImmutableBuffer(datagram)
        return transport.send(datagram: bytes)
    }

    /// Ends the session: its streams are reset, and the peer is told. The handler is not.
    ///
    /// - Parameter reason: for people; what is beyond 1024 bytes is cut.
    public func close(code: UInt32, reason: String) {
        guard !self.isOver else { return }
        self.leave()
        self.request.write(CapsuleReader.close(code: code, reason: reason), isLast: true)
    }

    // MARK: What has happened

    func accept(_ stream: WebTransportStream) {
        guard let handler = self.handler else { return stream.refuse(.sessionGone) }
        stream.session = self
        self.streams[stream.id] = stream
        handler.session(self, accepted: stream)
        guard stream.handler == nil else { return stream.accepted() }
        stream.refuse(.bufferedStreamRejected)
        self.request.connection.gaveUpStream()
    }

    func closed(_ stream: WebTransportStream) { self.streams[stream.id] = nil }

    func received(datagram: ByteBuffer) { self.handler?.session(self, received: datagram) }

    func mayOpenStreams() { self.handler?.sessionMayOpenStreams(self) }

    /// The peer has ended it, or its request is over.
    func ended(_ code: UInt32, _ reason: String) {
        guard !self.isOver else { return }
        let handler = self.leave()
        if self.request.isWritable { self.request.write(ByteBuffer(), isLast: true) }
        handler?.session(self, closedWith: code, reason)
    }

    @discardableResult
    private func leave() -> (any WebTransportSessionHandler)? {
        self.isOver = true
        let handler = self.handler
        self.handler = nil
        for stream in Array(self.streams.values) { stream.refuse(.sessionGone) }
        self.request.connection.closed(self)
        return handler
    }
}

/// Stands in for the handler of a stream until that is known.
private final class Nobody: QUICStreamHandler {
    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {}
    func stream(_ stream: QUICStream, released count: Int) {}
    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}
    func streamWasStopped(_ stream: QUICStream) {}
    func streamClosed(_ stream: QUICStream) {}
}
