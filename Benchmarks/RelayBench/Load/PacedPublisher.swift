import NIOCore

/// Publishes at a fixed rate whatever the server's speed, over connections that take turns.
struct PacedPublisher: Sendable {
    let connections: [RequestConnection]
    /// Messages per second.
    let rate: Int
    /// Messages that are due at the same moment; 1 spaces them evenly.
    var burst = 1

    /// A server that is late is not waited for: requests queue on their connections, never two in flight on one.
    ///
    /// - Parameter request: made at the moment it is due, on an event loop; a stamp in it counts the queueing.
    func publish(_ count: Int, request: @escaping @Sendable () -> ByteBuffer) async throws {
        try await self.publish(count) { _ in request() }
    }

    /// Each of the requests once, in their order.
    func publish(_ requests: [ByteBuffer]) async throws {
        try await self.publish(requests.count) { requests[$0] }
    }

    private func publish(_ count: Int, request: @escaping @Sendable (Int) -> ByteBuffer) async throws {
        guard let loop = self.connections.first?.channel.eventLoop, count > 0 else { return }
        let start = NIODeadline.now()
        let answers = (0..<count).map { index in
            let connection = self.connections[index % self.connections.count]
            let place = index - index % self.burst
            let due = start + .nanoseconds(Int64(place) * 1_000_000_000 / Int64(self.rate))
            return loop.flatScheduleTask(deadline: due) { connection.once(request(index)) }.futureResult
        }
        for answer in answers {
            _ = try await answer.get()
        }
    }

    func close() async {
        for connection in self.connections {
            await connection.close()
        }
    }
}
