import NIOCore
import RelayQUIC

/// Writes to a stream as fast as its peer takes it. Which bytes these are does not matter to anybody. Lives on the connection's loop.
final class QUICSource: QUICStreamHandler {
    private static let chunkBytes = 64 << 10
    /// Written, and not acknowledged: more than a peer's window, so that it never waits for us.
    private static let mostHeld = 512 << 10

    private let chunk = ByteBuffer(repeating: 0x5A, count: chunkBytes)
    private var stream: QUICStream?
    private var toSend = 0

    /// - Parameter head: what the stream begins with.
    func begin(_ stream: QUICStream, with head: ByteBuffer) {
        self.stream = stream
        stream.write(head)
    }

    func send(_ bytes: Int) {
        self.toSend += bytes
        self.goOn()
    }

    private func goOn() {
        guard let stream = self.stream else { return }
        while self.toSend > 0, stream.held < Self.mostHeld {
            let count = min(self.toSend, Self.chunkBytes)
            self.toSend -= count
            stream.write(self.chunk.getSlice(at: 0, length: count) ?? self.chunk)
        }
    }

    func stream(_ stream: QUICStream, released count: Int) { self.goOn() }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) { stream.grant(bytes.readableBytes) }

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}

    func streamWasStopped(_ stream: QUICStream) { self.toSend = 0 }

    func streamClosed(_ stream: QUICStream) { self.stream = nil }
}

/// Counts what comes on streams, and takes all of it at once. Lives on the connection's loop.
final class QUICDrain: QUICStreamHandler {
    private var expected = 0
    private var done: EventLoopPromise<Void>?

    /// - Parameter done: told when so many more bytes have come; fails where the stream ends before.
    func expect(_ bytes: Int, _ done: EventLoopPromise<Void>) {
        self.expected += bytes
        self.done = done
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        stream.grant(bytes.readableBytes)
        self.expected -= bytes.readableBytes
        guard self.expected <= 0, let done = self.done.take() else { return }
        self.expected = 0
        done.succeed()
    }

    func stream(_ stream: QUICStream, released count: Int) {}

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}

    func streamWasStopped(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream) { self.done.take()?.fail(LoadError.connectionClosed) }
}
