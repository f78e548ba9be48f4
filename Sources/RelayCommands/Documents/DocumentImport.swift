public import RelayClient

/// What became of a room.
public struct RoomReport: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// - bytes: of what was new to the relay.
        case imported(bytes: Int)
        /// The relay has all of it.
        case unchanged
        /// Neither server has anything of this name.
        case empty
        case failed(String)
    }

    public let room: String
    public let outcome: Outcome

    public init(room: String, outcome: Outcome) {
        self.room = room
        self.outcome = outcome
    }

    public var isFailure: Bool {
        if case .failed = self.outcome { true } else { false }
    }
}

/// What happens while rooms are brought over, for people and programs.
public enum ImportEvent: Hashable, Sendable {
    case room(RoomReport)
    case notice(_ room: String, String)
}

/// Brings rooms of a running server to the relay, one after another, under their own names.
public struct DocumentImport: Sendable {
    private let source: DocumentSource
    private let client: RelayClient
    private let tell: @Sendable (ImportEvent) -> Void

    /// - Parameters:
    ///   - source: the server that has them.
    ///   - client: of the relay. Its user owns what is made.
    ///   - tell: called on any thread.
    public init(from source: DocumentSource, to client: RelayClient, tell: @escaping @Sendable (ImportEvent) -> Void) {
        self.source = source
        self.client = client
        self.tell = tell
    }

    /// Brings what the rooms have. A room that can't be brought keeps no other from it.
    ///
    /// - Returns: how many could not be brought.
    /// - Throws: `RelayError` where nobody is logged in at the relay; `CancellationError`.
    public func run(_ rooms: [String]) async throws -> Int {
        var failures = 0
        for room in rooms where try await !self.bring(room) { failures += 1 }
        return failures
    }

    /// The same, and keeps both servers in step from then on, until it is cancelled or no room is left.
    ///
    /// - Parameter isOneWay: whether the other server is told nothing.
    /// - Returns: how many rooms could not be brought or are followed no more.
    public func follow(_ rooms: [String], isOneWay: Bool) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for room in rooms {
                guard try await self.bring(room) else {
                    group.addTask { false }
                    continue
                }
                group.addTask { try await self.follow(room, isOneWay) }
            }
            var failures = 0
            for try await isDone in group where !isDone { failures += 1 }
            return failures
        }
    }

    /// - Returns: whether it worked.
    private func bring(_ room: String) async throws -> Bool {
        let outcome: RoomReport.Outcome
        do {
            outcome = try await RoomImport(source: self.source, client: self.client, room: room).run()
        } catch {
            outcome = .failed(try Self.reason(error))
        }
        let report = RoomReport(room: room, outcome: outcome)
        self.tell(.room(report))
        return !report.isFailure
    }

    private func follow(_ room: String, _ isOneWay: Bool) async throws -> Bool {
        let bridge = RoomBridge(
            source: self.source,
            client: self.client,
            room: room,
            isOneWay: isOneWay,
            tell: self.tell
        )
        do {
            try await bridge.run()
        } catch {
            self.tell(.room(RoomReport(room: room, outcome: .failed(try Self.reason(error)))))
        }
        return false
    }

    /// What concerns one room only.
    private static func reason(_ error: any Error) throws -> String {
        if Task.isCancelled { throw CancellationError() }
        guard let error = error as? RelayError, error.code != .authenticationRequired else { throw error }
        return "\(error)"
    }
}
