import RelayClient
import Synchronization

/// A peer on a signaling socket: there it hears as elsewhere, and speaks besides.
extension SessionPeer {
    private static let leaveLimit = Duration.seconds(10)

    func followSignaling(at node: RelayClient, _ random: ProofRandom) async throws {
        let socket = try await self.openSignaling(at: node)
        defer { socket.close() }
        self.receipts.withLock { $0 = SocketReceipts() }
        self.attached()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.hear(socket) { self.take($0) } }
            group.addTask { try await self.talk(on: socket, random) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Where the peer has heard nothing of a topic yet, it hears the session's own from its beginning, and the other from now on.
    private func openSignaling(at node: RelayClient) async throws -> SignalingSocket {
        let cursors = self.cursors.withLock { $0.cursors }
        let (socket, starts) = try await self.member.openSignaling(
            at: node,
            cursors: cursors.merging([self.topics[0]: "0-0"]) { known, _ in known },
            timeout: .seconds(5)
        )
        self.begins(starts.filter { self.topics.contains($0.key) })
        self.journal.write { ledger, _ in ledger.counts.signalingSockets += 1 }
        return socket
    }

    /// Returns when the socket ends.
    ///
    /// - Parameter other: gets what the peer does not take for a reader.
    private func hear(_ socket: SignalingSocket, _ other: (SignalingFrame) -> Void) async throws {
        while true {
            let frame = try await socket.next()
            switch frame {
            case .message(let message) where self.topics.contains(message.topic): self.received(message)
            case .gap(let gap) where self.topics.contains(gap.topic): self.received(gap)
            case .joined, .message, .gap, .error, .other: break
            }
            other(frame)
        }
    }

    /// What a frame says of the peer's own words.
    private func take(_ frame: SignalingFrame) {
        switch frame {
        case .message(let message) where message.sender == self.member.peerID:
            guard let number = Envelope(message.payload)?.number,
                let taken = self.receipts.withLock({ $0.heard(number, on: message.topic) })
            else { return }
            self.journal.write { ledger, now in
                for number in taken { ledger.taken(number, at: now) }
                ledger.acknowledged(number, id: message.messageID, at: now)
            }
        case .error(_, _, let request?, let isRetryable):
            guard let number = Int(request), self.receipts.withLock({ $0.refused(number) }), !isRetryable else {
                return
            }
            self.journal.write { ledger, _ in ledger.refused(number) }
        case .joined, .message, .gap, .error, .other: return
        }
    }

    /// Speaks until the run ends, and then waits for the socket's end.
    private func talk(on socket: SignalingSocket, _ seed: ProofRandom) async throws {
        var random = seed
        while !self.isEnding {
            try await Task.sleep(for: random.span(mean: Self.pause))
            guard !self.isEnding else { break }
            // What it tells itself shows that the relay has all that it said before.
            let isToItself = Int.random(in: 0..<4, using: &random) == 0
            let word =
                isToItself ? .addressed(to: self.number, isChat: Bool.random(using: &random)) : self.word(&random)
            let (number, message) = self.begin(word, &random)
            self.receipts.withLock { $0.said(number, on: message.topic) }
            try await socket.say(message.payload, request: String(number))
        }
        try await Task.sleep(for: .seconds(86_400))
    }

    /// - Returns: whether the peer has left for certain.
    func leaveOverSocket(_ random: inout ProofRandom) async -> Bool {
        let node = self.node(&random)
        defer { self.detached() }
        do {
            try await Limit.run(for: Self.leaveLimit) {
                let socket = try await self.openSignaling(at: node)
                defer { socket.close() }
                self.attached()
                try await socket.leave()
                try await self.hear(socket) { _ in }
            }
        } catch {
            if (error as? RelayError)?.closeCode == 1000 { return true }
            self.journal.failed(error)
        }
        return false
    }
}
