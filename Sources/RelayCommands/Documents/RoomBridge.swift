import RelayClient

/// Keeps a room in step on two servers: what is said on one is said on the other, presence too. Each side knows what it has already, so nothing
/// goes round.
///
/// Nothing is kept here: whenever a connection is made anew, both sides ask each other for what they lack.
struct RoomBridge {
    let source: DocumentSource
    let client: RelayClient
    let room: String
    /// Whether the relay is told what happens, and the other server nothing.
    let isOneWay: Bool
    let tell: @Sendable (ImportEvent) -> Void

    private static let signsOfLife = Duration.seconds(20)

    /// Runs until it is cancelled.
    ///
    /// - Throws: `RelayError` where trying again is no use; `CancellationError`.
    func run() async throws {
        let backoff = Backoff(longest: .seconds(30))
        var random = SystemRandomNumberGenerator()
        var failures = 0
        while true {
            let began = ContinuousClock.now
            do {
                try await self.connection()
            } catch let error as RelayError where error.code == .unavailable {
                if ContinuousClock.now - began > .seconds(60) { failures = 0 }
                failures += 1
                // The relay asks for another token from time to time.
                if error.closeCode != 4001 { self.tell(.notice(self.room, "\(error); trying again")) }
                try await Task.sleep(for: error.retryAfter ?? backoff.delay(afterFailures: failures, using: &random))
            }
        }
    }

    /// Both connections, until one of them ends.
    private func connection() async throws {
        let other = try await self.source.open(self.room)
        defer { other.close() }
        let talk = try await self.introduced(to: other)
        let own = try await self.client.openDocument(self.room, maxMessageBytes: DocumentSource.maxMessageBytes)
        defer { own.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.carry(from: other, talk, to: own, RoomTalk(), isBack: false) }
            group.addTask { try await self.carry(from: own, RoomTalk(), to: other, talk, isBack: true) }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.signsOfLife)
                    try await other.send(talk.signOfLife)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Says who one is, where the protocol wants that first.
    private func introduced(to socket: ByteSocket) async throws -> RoomTalk {
        var talk = self.source.talk(about: self.room)
        for frame in talk.opening { try await socket.send(frame) }
        while !talk.isReady {
            for event in try talk.understood(try await DocumentSource.next(from: socket)) {
                switch event {
                case .answer(let frame): try await socket.send(frame)
                case .ended(let reason): throw RelayError(.refused, detail: "the other server refuses: \(reason)")
                // What is said before both are connected is asked for then.
                case .ready, .word, .denied: continue
                }
            }
        }
        return talk
    }

    /// - Parameter isBack: whether it goes from the relay to the other server.
    private func carry(
        from here: ByteSocket,
        _ hearing: RoomTalk,
        to there: ByteSocket,
        _ speaking: RoomTalk,
        isBack: Bool
    ) async throws {
        var hearing = hearing
        while true {
            for event in try hearing.understood(try await here.next()) {
                switch event {
                case .word(let word):
                    if self.carries(word, isBack: isBack) { try await there.send(speaking.frame(word)) }
                case .answer(let frame): try await here.send(frame)
                case .denied(let reason):
                    self.tell(.notice(self.room, "\(isBack ? "the relay" : "the other server") refuses: \(reason)"))
                // It may let one in again.
                case .ended(let reason): throw RelayError(.unavailable, detail: "the other server ends it: \(reason)")
                case .ready: continue
                }
            }
        }
    }

    private func carries(_ word: RoomTalk.Word, isBack: Bool) -> Bool {
        guard !word.isNothing else { return false }
        guard self.isOneWay else { return true }
        switch word {
        // The relay asks, the other server does not.
        case .vector: return isBack
        case .update, .awareness: return !isBack
        }
    }
}
