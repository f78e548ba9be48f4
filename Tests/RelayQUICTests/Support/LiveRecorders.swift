import NIOCore
import NIOPosix
import RelayQUIC
import Synchronization

/// A server's side that sends back what it gets, on streams and in datagrams.
final class EchoHandler: QUICConnectionHandler, QUICStreamHandler {
    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) { stream.handler = self }

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        connection.send(datagram: bytes)
    }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {}

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        stream.write(bytes, isLast: isLast)
    }

    func stream(_ stream: QUICStream, released count: Int) { stream.grant(count) }

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) { stream.reset(code: code) }

    func streamWasStopped(_ stream: QUICStream) { stream.stop(code: 0) }

    func streamClosed(_ stream: QUICStream) { stream.grant(stream.owed) }
}

/// A client's side that tells a test by promises what has happened.
final class LiveClientHandler: QUICConnectionHandler {
    let opened: EventLoopPromise<Void>
    let ended: EventLoopPromise<QUICEnd>
    let datagram: EventLoopPromise<ByteBuffer>
    private var hasDatagram = false
    private var isOpen = false

    init(on loop: any EventLoop) {
        self.opened = loop.makePromise()
        self.ended = loop.makePromise()
        self.datagram = loop.makePromise()
    }

    func connectionOpened(_ connection: QUICConnection) {
        self.isOpen = true
        self.opened.succeed()
    }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {}

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        guard !self.hasDatagram else { return }
        self.hasDatagram = true
        self.datagram.succeed(bytes)
    }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        if !self.isOpen { self.opened.fail(QUICProblem.notConnected) }
        if !self.hasDatagram { self.datagram.fail(QUICProblem.notConnected) }
        self.ended.succeed(end)
    }
}

/// Gathers what comes back on a stream.
final class LiveStreamHandler: QUICStreamHandler {
    let complete: EventLoopPromise<ByteBuffer>
    private var received = ByteBuffer()
    private var isComplete = false

    init(on loop: any EventLoop) {
        self.complete = loop.makePromise()
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        self.received.writeImmutableBuffer(bytes)
        stream.grant(bytes.readableBytes)
        guard isLast else { return }
        self.isComplete = true
        self.complete.succeed(self.received)
    }

    func stream(_ stream: QUICStream, released count: Int) {}
    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}
    func streamWasStopped(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream) {
        if !self.isComplete { self.complete.fail(QUICProblem.notConnected) }
    }
}
