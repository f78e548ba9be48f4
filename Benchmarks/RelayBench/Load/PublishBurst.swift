import NIOCore

/// Connections that publish as fast as the server answers, each with one request in flight.
struct PublishBurst: Sendable {
    struct Outcome: Sendable {
        var answered: Int
        var seconds: Double
    }

    let connections: [RequestConnection]

    /// Every request sent within `seconds` is waited for, and counts.
    func run(_ request: ByteBuffer, seconds: Double) async throws -> Outcome {
        let start = NIODeadline.now()
        let deadline = start + .nanoseconds(Int64(seconds * 1e9))
        let runs = self.connections.map { $0.repeatedly(request, until: deadline) }
        var answered = 0
        for run in runs {
            answered += try await run.get().count
        }
        let elapsed = NIODeadline.now() - start
        return Outcome(answered: answered, seconds: Double(elapsed.nanoseconds) / 1e9)
    }

    func close() async {
        for connection in self.connections {
            await connection.close()
        }
    }
}
