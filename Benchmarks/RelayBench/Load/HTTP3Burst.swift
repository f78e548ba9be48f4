import NIOCore
import RelayQUIC

/// Connections of HTTP/3 that send the same request as fast as the server answers, each with one in flight, on a stream of its own.
struct HTTP3Burst: Sendable {
    private let fetches: [HTTP3Fetch]

    init(_ count: Int, port: Int, from client: LoadClient) async throws {
        var fetches: [HTTP3Fetch] = []
        do {
            for _ in 0..<count { fetches.append(try await HTTP3Fetch(port: port, from: client)) }
        } catch {
            for fetch in fetches { await fetch.close() }
            throw error
        }
        self.fetches = fetches
    }

    /// Every request sent within `seconds` is waited for, and counts.
    ///
    /// - Parameter mark: what is in every answer that is a good one.
    /// - Returns: how many were answered.
    func run(_ request: HTTP3Request, seconds: Double, mark: String) async throws -> Int {
        let deadline = NIODeadline.now() + .nanoseconds(Int64(seconds * 1e9))
        let runs = self.fetches.map { fetch in
            fetch.call.loop.flatSubmit {
                let repetition = Repetition(
                    request,
                    on: fetch.call.client.connection.value,
                    until: deadline,
                    mark: mark
                )
                repetition.next()
                return repetition.done.futureResult
            }
        }
        var answered = 0
        for run in runs { answered += try await run.get() }
        return answered
    }

    func close() async {
        for fetch in self.fetches { await fetch.close() }
    }
}

/// The requests of one connection, one after another. Lives on its loop.
private final class Repetition: QUICStreamHandler {
    let done: EventLoopPromise<Int>
    private let request: HTTP3Request
    private let connection: QUICConnection
    private let deadline: NIODeadline
    private let mark: String
    private var answer = ByteBuffer()
    private var answered = 0

    init(_ request: HTTP3Request, on connection: QUICConnection, until deadline: NIODeadline, mark: String) {
        self.request = request
        self.connection = connection
        self.deadline = deadline
        self.mark = mark
        self.done = connection.eventLoop.makePromise(of: Int.self)
    }

    func next() {
        self.answer.clear()
        do {
            try self.connection.openStream(self).write(self.request.bytes, isLast: true)
        } catch {
            self.done.fail(error)
        }
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        stream.grant(bytes.readableBytes)
        self.answer.writeImmutableBuffer(bytes)
        guard isLast else { return }
        let text = String(buffer: self.answer)
        guard text.contains(self.mark) else { return self.done.fail(LoadError.frameRefused(text)) }
        self.answered += 1
        if NIODeadline.now() < self.deadline { self.next() } else { self.done.succeed(self.answered) }
    }

    func stream(_ stream: QUICStream, released count: Int) {}

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.done.fail(LoadError.connectionClosed) }

    func streamWasStopped(_ stream: QUICStream) {}

    /// Of an answer that has come whole, too. A connection that ends leaves one that has not.
    func streamClosed(_ stream: QUICStream) {
        if !self.connection.isOpen { self.done.fail(LoadError.connectionClosed) }
    }
}
