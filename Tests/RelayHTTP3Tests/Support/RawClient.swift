import NIOCore
import RelayHTTP3
import RelayQUIC
import RelayWire

/// A client of the tests, which sends bytes as it is told and keeps what comes, by stream. Lives on its loop.
final class RawClient: QUICConnectionHandler, QUICStreamHandler {
    private(set) var received: [UInt64: ByteBuffer] = [:]
    private(set) var ended: Set<UInt64> = []
    private(set) var resets: [UInt64: UInt64] = [:]
    private(set) var stops: Set<UInt64> = []
    /// Of each stream, bytes that the peer has acknowledged.
    private(set) var released: [UInt64: Int] = [:]
    private(set) var datagrams: [ByteBuffer] = []
    private(set) var end: QUICEnd?
    private(set) var isOpen = false
    private var streams: [UInt64: QUICStream] = [:]
    /// Checked whenever something has come.
    private var waits: [(isMet: (RawClient) -> Bool, promise: EventLoopPromise<Void>)] = []

    private func changed() {
        let met = self.waits.filter { $0.isMet(self) }
        self.waits.removeAll { $0.isMet(self) }
        for wait in met { wait.promise.succeed() }
    }

    func wait(on loop: any EventLoop, until isMet: @escaping (RawClient) -> Bool) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        self.waits.append((isMet, promise))
        let late = loop.assumeIsolated().scheduleTask(in: .seconds(60)) {
            promise.fail(ChannelError.connectTimeout(.seconds(60)))
        }
        promise.futureResult.whenComplete { _ in late.cancel() }
        self.changed()
        return promise.futureResult
    }

    /// Opens a stream, and sends its first bytes.
    func open(_ connection: QUICConnection, isBidirectional: Bool, _ bytes: ByteBuffer, isLast: Bool) throws -> UInt64 {
        let stream =
            isBidirectional
            ? try connection.openStream(self) : try connection.openUnidirectionalStream(self)
        self.streams[stream.id] = stream
        stream.write(bytes, isLast: isLast)
        return stream.id
    }

    func write(_ bytes: ByteBuffer, isLast: Bool, on id: UInt64) { self.streams[id]?.write(bytes, isLast: isLast) }

    func connectionOpened(_ connection: QUICConnection) {
        self.isOpen = true
        self.changed()
    }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        self.streams[stream.id] = stream
        stream.handler = self
    }

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        self.datagrams.append(bytes)
        self.changed()
    }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.end = end
        self.changed()
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        self.received[stream.id, default: ByteBuffer()].writeImmutableBuffer(bytes)
        if isLast { self.ended.insert(stream.id) }
        stream.grant(bytes.readableBytes)
        self.changed()
    }

    func stream(_ stream: QUICStream, released count: Int) {
        self.released[stream.id, default: 0] += count
        self.changed()
    }

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {
        self.resets[stream.id] = code
        self.changed()
    }

    func streamWasStopped(_ stream: QUICStream) {
        self.stops.insert(stream.id)
        self.changed()
    }

    func streamClosed(_ stream: QUICStream) { self.changed() }
}
