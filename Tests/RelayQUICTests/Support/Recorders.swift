import NIOCore

@testable import RelayQUIC

/// Keeps what a connection has told, and does with streams what the test says.
final class ConnectionRecorder: QUICConnectionHandler {
    private(set) var connection: QUICConnection?
    private(set) var opened = 0
    private(set) var accepted: [QUICStream] = []
    private(set) var datagrams: [ByteBuffer] = []
    private(set) var allowed = 0
    private(set) var moves: [SocketAddress] = []
    private(set) var end: QUICEnd?
    /// What a stream of the peer's gets; nil refuses it.
    var onStream: (QUICStream) -> (any QUICStreamHandler)? = { _ in StreamRecorder() }
    var onOpen: (QUICConnection) -> Void = { _ in }
    var onDatagram: (QUICConnection, ByteBuffer) -> Void = { _, _ in }

    func connectionOpened(_ connection: QUICConnection) {
        self.connection = connection
        self.opened += 1
        self.onOpen(connection)
    }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        self.accepted.append(stream)
        stream.handler = self.onStream(stream)
    }

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        self.datagrams.append(bytes)
        self.onDatagram(connection, bytes)
    }

    func connectionMayOpenStreams(_ connection: QUICConnection) { self.allowed += 1 }

    func connection(_ connection: QUICConnection, movedTo address: SocketAddress) { self.moves.append(address) }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.end = end
        // They may hold the recorder.
        self.onStream = { _ in nil }
        self.onOpen = { _ in }
        self.onDatagram = { _, _ in }
    }

    /// The handler of the first stream that the peer has opened.
    var first: StreamRecorder? { self.accepted.first?.handler as? StreamRecorder ?? self.lastFirst }
    private var lastFirst: StreamRecorder?

    func keep(_ recorder: StreamRecorder) -> StreamRecorder {
        if self.lastFirst == nil { self.lastFirst = recorder }
        return recorder
    }
}

/// Keeps what a stream has told.
final class StreamRecorder: QUICStreamHandler {
    private(set) var received = ByteBuffer()
    private(set) var isComplete = false
    private(set) var released = 0
    private(set) var resetCode: UInt64?
    private(set) var wasStopped = false
    private(set) var isClosed = false
    /// Whether what is received is granted at once.
    var grants = true
    /// Sees what is received before it is kept.
    var onReceive: (QUICStream, ByteBuffer, Bool) -> Void = { _, _, _ in }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        precondition(!self.isComplete && !self.isClosed, "nothing comes behind the end")
        self.onReceive(stream, bytes, isLast)
        self.received.writeImmutableBuffer(bytes)
        self.isComplete = isLast
        if self.grants { stream.grant(bytes.readableBytes) }
    }

    func stream(_ stream: QUICStream, released count: Int) {
        precondition(!self.isClosed, "nothing is told of a closed stream")
        self.released += count
    }

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.resetCode = code }

    func streamWasStopped(_ stream: QUICStream) { self.wasStopped = true }

    func streamClosed(_ stream: QUICStream) {
        precondition(!self.isClosed, "a stream is closed once")
        self.isClosed = true
    }
}
