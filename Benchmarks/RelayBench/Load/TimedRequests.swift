import NIOCore
import Synchronization

extension RequestConnection {
    /// Sends requests one after another.
    ///
    /// - Returns: nanoseconds from each request to its answer.
    func timed(_ requests: [ByteBuffer]) -> EventLoopFuture<[Int64]> {
        requests.reduce(self.channel.eventLoop.makeSucceededFuture([])) { before, request in
            before.flatMap { times in self.timed(request).map { times + [$0] } }
        }
    }

    /// Sends a request every five milliseconds or so until it is over.
    func timed(_ request: ByteBuffer, until end: NIODeadline, _ isOver: Signal) -> EventLoopFuture<[Int64]> {
        let next = self.channel.eventLoop.flatScheduleTask(in: .milliseconds(5)) { self.timed(request) }.futureResult
        return next.flatMap { time in
            guard !isOver.isSet, NIODeadline.now() < end else {
                return self.channel.eventLoop.makeSucceededFuture([time])
            }
            return self.timed(request, until: end, isOver).map { $0 + [time] }
        }
    }

    private func timed(_ request: ByteBuffer) -> EventLoopFuture<Int64> {
        let start = NIODeadline.now()
        return self.once(request).map { _ in (NIODeadline.now() - start).nanoseconds }
    }
}

/// Set once, from any thread.
final class Signal: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { self.value.load(ordering: .acquiring) }

    func set() { self.value.store(true, ordering: .releasing) }
}

/// Counts up, from any thread.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { self.value.add(1, ordering: .relaxed).newValue }
}
