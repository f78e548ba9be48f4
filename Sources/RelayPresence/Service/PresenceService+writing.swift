import RelayCore
import RelayWire
import Synchronization

/// How members get into the presence of their topics. Each room has one who writes, so a busy one holds up no other.
extension PresenceService {
    /// So much is written at once. News of more than 256 KiB would only tell other relays to read.
    private static let writeLimits = SliceLimits(maxMessages: 256, maxBytes: 192 << 10)
    /// Before a write that has failed is done again: at first, and when it fails again and again.
    private static let retryDelays = (first: Duration.milliseconds(50), last: Duration.seconds(1))

    /// Writes what there is, until there is nothing more. Of an empty room nothing is left.
    func write(_ room: PresenceRoom) async {
        var delay = Self.retryDelays.first
        while !Task.isCancelled {
            let lines = room.state.withLock { state in
                state.book.beginWrite(maxLines: Self.writeLimits.maxMessages, maxBytes: Self.writeLimits.maxBytes)
            }
            if lines.isEmpty {
                if await self.rest(room) { return }
            } else if await self.write(lines, of: room) {
                delay = Self.retryDelays.first
            } else {
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, Self.retryDelays.last)
            }
        }
    }

    private enum Rest {
        case goOn
        case done
        case vacant
    }

    /// There is nothing to write.
    ///
    /// - Returns: whether whoever writes is done.
    private func rest(_ room: PresenceRoom) async -> Bool {
        let rest = room.state.withLock { state -> Rest in
            if state.book.isEmpty { return .vacant }
            if state.book.hasToWrite { return .goOn }
            state.isAtWork = false
            return .done
        }
        switch rest {
        case .goOn: return false
        case .done: return true
        case .vacant:
            await self.endLease(of: room)
            return self.close(room)
        }
    }

    /// - Returns: false where somebody has come meanwhile.
    private func close(_ room: PresenceRoom) -> Bool {
        let isClosed = room.state.withLock { state in
            guard state.book.isEmpty else { return false }
            state.isClosed = true
            return true
        }
        guard isClosed else { return false }
        let done = self.registry.withLock { registry -> [@Sendable () -> Void] in
            registry.remove(room)
            guard registry.rooms.isEmpty else { return [] }
            defer { registry.whenEmpty = [] }
            return registry.whenEmpty
        }
        for tell in done { tell() }
        return true
    }

    /// - Returns: whether it is stored, or need not be any more.
    private func write(_ lines: [PresenceBook<PresenceRoom.Ticket>.Line], of room: PresenceRoom) async -> Bool {
        do throws(BrokerError) {
            // First, so that nothing is there for which nobody vouches.
            try await self.beginLease(of: room)
            let now = self.now
            let drafts = lines.map { PresenceWord($0, topic: room.name.id, by: self.relay).draft(at: now) }
            let stored = try await self.broker.announce(drafts, to: room.part, of: room.name.id)
            let settled = room.settle { $0.wrote(stored.map(\.id)) }
            self.counters.write(lines.count)
            self.tell(settled, .ended)
            return true
        } catch {
            return self.failed(error, of: room)
        }
    }

    private func failed(_ error: BrokerError, of room: PresenceRoom) -> Bool {
        if case .missing = error {
            // With the topic went its presence.
            self.tell(room.settle { $0.clear() }, .broker(error))
            return true
        }
        let mayBeStored = if case .store(let reason) = error { reason.code == .outcomeUnknown } else { false }
        let settled = room.settle { $0.failed(mayBeStored: mayBeStored) }
        self.counters.failWrite()
        self.tell(settled, error.isOverload ? .overloaded : .broker(error))
        return false
    }

    private func tell(_ settled: PresenceRoom.Settled, _ failure: PresenceFailure) {
        self.release(settled.released)
        for (ticket, member) in settled.done { ticket(.success(member)) }
        for ticket in settled.failed { ticket(.failure(failure)) }
    }

    // MARK: What the loops see

    /// A loop has read as a whole who is on a topic.
    ///
    /// - Parameters:
    ///   - members: that are this relay's.
    ///   - place: of the stream, up to which that holds.
    func compare(_ members: [PresenceMember], in name: PresenceRoom.Name, at place: MessageID) {
        // Without a room, members are what this relay has taken off and the stream does not know of.
        while let room = self.room(name, makingIf: !members.isEmpty) {
            let isTaken = room.state.withLock { state in
                if !state.isClosed { state.book.compare(with: members, at: place) }
                return !state.isClosed
            }
            if isTaken { return self.submit(room) }
            self.forget(room)
        }
    }

    /// Another relay has taken a member of this one off.
    ///
    /// - Parameter id: of its word.
    func wasRemoved(_ connection: ConnectionID, from name: PresenceRoom.Name, at id: MessageID) {
        guard let room = self.registry.withLock({ $0.rooms[name] }) else { return }
        room.state.withLock { $0.book.wasRemoved(connection, at: id) }
        self.submit(room)
    }
}

extension PresenceRoom {
    /// What became of a write, for whoever has to tell it.
    struct Settled {
        var done: [(Ticket, PresenceMember)] = []
        var failed: [Ticket] = []
        var released: [Held] = []
    }

    func settle(
        _ change: (inout PresenceBook<Ticket>) -> PresenceBook<Ticket>.Settled
    ) -> Settled {
        self.state.withLock { state in
            let settled = change(&state.book)
            let released = state.release(settled.removed) + settled.resting.compactMap { state.shrink(to: $0) }
            return Settled(done: settled.done, failed: settled.failed, released: released)
        }
    }
}

extension PresenceWord {
    fileprivate init(_ line: PresenceBook<PresenceRoom.Ticket>.Line, topic: String, by relay: RelayName) {
        self.init(
            connection: line.connection,
            topic: topic,
            relay: relay,
            content: line.member.map { .here($0) } ?? .gone
        )
    }
}

extension BrokerError {
    fileprivate var isOverload: Bool {
        if case .overloaded = self { true } else { false }
    }
}
