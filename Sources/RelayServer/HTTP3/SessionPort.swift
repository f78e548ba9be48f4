import NIOCore
import RelayHTTP3

/// A session of WebTransport as the two ways of a connection: its first stream in both directions, which the client opens. Further ones in
/// both directions are refused, as are those that only the client writes to; its datagrams are passed over.
///
/// Lives on its loop.
final class SessionPort {
    /// For which the client's acknowledgement of the last bytes is waited for before the session ends.
    private static let patience = TimeAmount.seconds(1)

    /// Nil once it is closed, or the channel is gone.
    private weak var channel: RequestChannel?
    private(set) var session: WebTransportSession?
    private var stream: WebTransportStream?
    /// How it is to end, once the client has all.
    private var closing: (code: UInt32, reason: String)?
    private var isClosed = false

    init(_ channel: RequestChannel) {
        self.channel = channel
    }

    func open(_ request: HTTP3Request) {
        let session = request.openSession(self)
        if !self.isClosed { self.session = session }
    }

    /// Whether the client has opened its stream.
    var isOpen: Bool { self.stream != nil }

    var written: UInt64 { self.stream?.written ?? 0 }

    var held: Int { self.stream?.held ?? 0 }

    func grant(_ count: Int) { self.stream?.grant(count) }

    func write(_ bytes: ByteBuffer) { self.stream?.write(bytes) }

    /// Ends the stream behind what was written, and then the session: the other way round the client would lose what it has not read.
    func close(code: UInt32, reason: String) {
        guard self.closing == nil, !self.isClosed else { return }
        self.closing = (code, reason)
        self.stream?.write(ByteBuffer(), isLast: true)
        guard let loop = self.channel?.eventLoop, self.held > 0 else { return self.finish() }
        loop.assumeIsolated().scheduleTask(in: Self.patience) { self.finish() }
    }

    private func finish() {
        guard !self.isClosed, let closing = self.closing else { return }
        self.isClosed = true
        let session = self.session
        self.session = nil
        session?.close(code: closing.code, reason: closing.reason)
    }
}

extension SessionPort: WebTransportSessionHandler {
    func session(_ session: WebTransportSession, accepted stream: WebTransportStream) {
        guard self.stream == nil, stream.isBidirectional else { return }
        self.stream = stream
        stream.handler = self
        self.channel?.sessionOpened()
    }

    func session(_ session: WebTransportSession, received datagram: ByteBuffer) {}

    func sessionMayOpenStreams(_ session: WebTransportSession) {}

    func session(_ session: WebTransportSession, closedWith code: UInt32, _ reason: String) {
        self.isClosed = true
        self.session = nil
        self.channel?.sessionEnded()
    }
}

extension SessionPort: WebTransportStreamHandler {
    func stream(_ stream: WebTransportStream, received bytes: ByteBuffer, isLast: Bool) {
        guard let channel = self.channel, channel.isActive else { return stream.grant(bytes.readableBytes) }
        if bytes.readableBytes > 0 { channel.sessionReceived(bytes) }
        if isLast { channel.sessionEnded() }
    }

    func streamReleased(_ stream: WebTransportStream) {
        self.channel?.sessionReleased()
        if self.closing != nil, self.held == 0 { self.finish() }
    }

    func streamWasCancelled(_ stream: WebTransportStream) { self.channel?.sessionCancelled() }

    func streamClosed(_ stream: WebTransportStream) {
        self.channel?.sessionReleased()
        if self.closing != nil { self.finish() }
    }
}
