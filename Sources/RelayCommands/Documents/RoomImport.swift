import RelayClient
import RelayDocuments

/// Brings what a room has to the relay, once.
struct RoomImport {
    let source: DocumentSource
    let client: RelayClient
    let room: String

    /// - Throws: `RelayError`, `CancellationError`.
    func run() async throws -> RoomReport.Outcome {
        guard !self.room.isEmpty else { throw RelayError(.invalidInput, detail: "a room needs a name") }
        let known = try await self.known()
        let socket = try await self.source.open(self.room)
        defer { socket.close() }
        return try await self.bring(from: socket, knowing: known)
    }

    /// What the relay has already need not come again.
    private func known() async throws -> [UInt8] {
        do {
            return try await self.client.stateVector(of: self.room)
        } catch let error as RelayError where error.status == 404 {
            return StateVector().encoded()
        }
    }

    private func bring(from socket: ByteSocket, knowing vector: [UInt8]) async throws -> RoomReport.Outcome {
        var talk = self.source.talk(about: self.room)
        for frame in talk.opening { try await socket.send(frame) }
        if talk.isReady { try await socket.send(talk.frame(.vector(vector))) }
        var brought = 0
        while true {
            for event in try talk.understood(try await DocumentSource.next(from: socket)) {
                switch event {
                case .ready: try await socket.send(talk.frame(.vector(vector)))
                case .answer(let frame): try await socket.send(frame)
                case .word(let word):
                    guard case .update(let update, let isAnswer) = word else { continue }
                    if !word.isNothing { brought += try await self.merge(update) }
                    guard isAnswer else { continue }
                    if brought > 0 { return .imported(bytes: brought) }
                    return vector == StateVector().encoded() ? .empty : .unchanged
                case .denied(let reason): throw RelayError(.refused, detail: "the other server refuses: \(reason)")
                case .ended(let reason): throw RelayError(.refused, detail: "the other server refuses: \(reason)")
                }
            }
        }
    }

    /// - Returns: bytes of what was new.
    private func merge(_ update: [UInt8]) async throws -> Int {
        do {
            return try await self.client.merge(update, into: self.room).isNew ? update.count : 0
        } catch let error as RelayError where error.status == 413 {
            throw RelayError(
                .refused,
                status: 413,
                detail:
                    "\(update.count) bytes are more than the relay takes: see documents_max_message_bytes and documents_max_bytes"
            )
        }
    }
}

extension RoomTalk {
    /// - Throws: `RelayError` where the other side speaks something else.
    mutating func understood(_ bytes: [UInt8]) throws(RelayError) -> [Event] {
        do throws(DocumentError) {
            return try self.take(bytes)
        } catch {
            throw RelayError(
                .invalidReply,
                detail: "the other server speaks another protocol: \(error)",
                underlying: error
            )
        }
    }
}

/// Waits with an end.
enum Patience {
    /// - Throws: `RelayError` with `text` where it takes too long; what `work` throws.
    static func wait<Value: Sendable>(
        _ span: Duration,
        _ text: String,
        for work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: span)
                throw RelayError(.unavailable, detail: text, isTimeout: true)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}
