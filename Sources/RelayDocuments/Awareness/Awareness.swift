/// Who is present in a document, and what they show of themselves.
///
/// Pure: no clock is read and nothing is sent. Moments are how long after one and the same other moment they are, by a clock that never goes
/// back. It is dropped with the document's last connection.
///
/// Anybody may write anybody's entry, as the protocol has it. But while the connection that owns an id lives, others' entries for it are
/// ignored, unless they come from the same user with a higher clock: a reconnect can overtake the close of the connection before it.
public struct Awareness<Connection: Hashable & Sendable, User: Equatable & Sendable>: Sendable {
    private struct Present: Sendable {
        /// What an entry takes beside its state, about.
        static var overhead: Int { 128 }

        var clock: UInt64
        var state: [UInt8]
        /// Nil for a connection elsewhere: to another relay.
        var owner: Connection?
        var user: User?
        var renewed: Duration

        var bytes: Int { self.state.count + Self.overhead }
    }

    private let limits: AwarenessLimits
    private let loaded: Duration
    private var present: [UInt64: Present] = [:]
    /// What all who are present take of memory, about.
    public private(set) var bytes = 0
    private var kept: KeptClocks
    private var owned: [Connection: Set<UInt64>] = [:]
    /// Connections that have said something.
    private var heard: Set<Connection> = []
    private var pace: AwarenessPace<Connection>

    /// - Parameter now: when the document was loaded.
    public init(limits: AwarenessLimits = AwarenessLimits(), now: Duration) {
        self.limits = limits
        self.loaded = now
        self.kept = KeptClocks(bound: limits.maxKeptClocks)
        self.pace = AwarenessPace(perSecond: limits.maxEntriesPerSecond)
    }

    /// Entries of all who are present, by client id: for who joins, and for a query.
    public var states: [AwarenessEntry] {
        self.present.sorted { $0.key < $1.key }.map { client, entry in
            AwarenessEntry(client: client, clock: entry.clock, state: entry.state)
        }
    }

    /// How many clients that are gone have their clocks kept.
    public var keptClocks: Int { self.kept.count }

    /// When ``timePassed(now:)`` has something to do, unless something comes before. nil: never.
    public var deadline: Duration? {
        let timeout = self.present.values.map { $0.renewed + self.limits.timeout }.min()
        return [timeout, self.pace.deadline].compactMap { $0 }.min()
    }

    // MARK: Events

    /// - Parameters:
    ///   - user: who the connection is. nil is nobody's equal.
    ///   - now: never before an earlier call's.
    public mutating func receive(
        _ update: AwarenessUpdate,
        from connection: Connection,
        user: User?,
        now: Duration
    ) -> AwarenessOutcome {
        var outcome = AwarenessOutcome()
        let isFirst = self.heard.insert(connection).inserted
        outcome.dropped = max(0, update.entries.count - self.limits.maxEntriesPerUpdate)
        for entry in update.entries.prefix(self.limits.maxEntriesPerUpdate) {
            switch self.take(entry, from: connection, user: user, isFirst: isFirst, now: now) {
            case .taken:
                if self.pace.mayTell(entry.client, of: connection, now: now) { outcome.broadcast.append(entry) }
            case .stale(let kept):
                outcome.answer.append(AwarenessEntry(client: entry.client, clock: kept, state: nil))
            case .dropped: outcome.dropped += 1
            case .ignored: continue
            }
        }
        return outcome
    }

    /// Takes entries that were accepted elsewhere, or here before: they come by the stream that all relays of the document share.
    ///
    /// - Parameters:
    ///   - user: whose they are; nil where that is not known.
    ///   - now: never before an earlier call's.
    public mutating func observe(_ entries: [AwarenessEntry], of user: User?, now: Duration) {
        for entry in entries {
            guard let state = entry.state else {
                self.observeRemoval(of: entry.client, entry.clock)
                continue
            }
            let known = self.knownClock(of: entry.client)
            guard entry.clock > known, !self.isLeap(entry), state.count <= self.limits.maxStateBytes,
                self.present[entry.client] != nil || self.present.count < self.limits.maxKeptClocks,
                self.hasRoom(for: state, of: entry.client)
            else { continue }
            if let owner = self.present[entry.client]?.owner { self.disown(entry.client, by: owner) }
            self.kept.remove(entry.client)
            self.put(
                Present(clock: entry.clock, state: state, owner: nil, user: user, renewed: now),
                of: entry.client
            )
        }
    }

    private func knownClock(of client: UInt64) -> UInt64 { self.present[client]?.clock ?? self.kept[client] ?? 0 }

    private func isLeap(_ entry: AwarenessEntry) -> Bool {
        entry.clock > self.knownClock(of: entry.client) + self.limits.maxClockStep
    }

    private mutating func observeRemoval(of client: UInt64, _ clock: UInt64) {
        if let known = self.present[client] {
            guard clock >= known.clock else { return }
            _ = self.remove(client)
        } else if clock <= self.kept[client] ?? 0 {
            return
        }
        self.kept.keep(client, clock)
    }

    /// - Returns: removals for everybody: what the connection owned.
    public mutating func connectionClosed(_ connection: Connection) -> [AwarenessEntry] {
        self.pace.forget(connection)
        self.heard.remove(connection)
        return (self.owned[connection] ?? []).sorted().map { self.remove($0) }
    }

    /// - Returns: for everybody: removals of what was not renewed in time, and the newest entries of who was too fast.
    public mutating func timePassed(now: Duration) -> [AwarenessEntry] {
        let late = self.present.filter { $0.value.renewed + self.limits.timeout <= now }.keys.sorted()
        let removals = late.map { self.remove($0) }
        let held = self.pace.timePassed(now: now).subtracting(late).sorted()
        return removals + held.compactMap { self.newest(of: $0) }
    }

    private func newest(of client: UInt64) -> AwarenessEntry? {
        if let entry = self.present[client] {
            return AwarenessEntry(client: client, clock: entry.clock, state: entry.state)
        }
        return self.kept[client].map { AwarenessEntry(client: client, clock: $0, state: nil) }
    }

    // MARK: Entries

    private enum Decision {
        case taken
        case ignored
        case dropped
        /// The client is back with a clock that all others have seen: they would ignore it.
        case stale(kept: UInt64)
    }

    private mutating func take(
        _ entry: AwarenessEntry,
        from connection: Connection,
        user: User?,
        isFirst: Bool,
        now: Duration
    ) -> Decision {
        guard !self.isLeap(entry) else { return .dropped }
        guard let known = self.present[entry.client] else {
            return self.takeAbsent(entry, from: connection, user: user, now: now)
        }
        if known.owner != connection {
            let isSameUser = user != nil && known.user == user
            guard isSameUser, entry.state != nil else { return .ignored }
            guard entry.clock > known.clock else {
                // It came from another relay, whose removal of it may still be on its way: with a higher clock it outlives that. Providers
                // begin with their own entry. Later they send back what they hear of others, who are not to vanish by that.
                return known.owner == nil && isFirst ? .stale(kept: known.clock) : .ignored
            }
        }
        if entry.state == nil {
            guard entry.clock >= known.clock else { return .ignored }
            _ = self.remove(entry.client)
            self.kept.keep(entry.client, entry.clock)
            return .taken
        }
        guard entry.clock > known.clock else { return .ignored }
        return self.set(entry, from: connection, user: user, now: now)
    }

    /// Of a client that is gone, or was never here.
    private mutating func takeAbsent(
        _ entry: AwarenessEntry,
        from connection: Connection,
        user: User?,
        now: Duration
    ) -> Decision {
        guard entry.clock > 0 else { return .ignored }
        let known = self.kept[entry.client]
        // Of who is not here there is nothing to remove.
        guard entry.state != nil else { return .ignored }
        if let known, entry.clock <= known { return .stale(kept: known) }
        if known == nil, now < self.loaded + self.limits.settling {
            self.kept.keep(entry.client, entry.clock)
            return .stale(kept: entry.clock)
        }
        return self.set(entry, from: connection, user: user, now: now)
    }

    private mutating func set(
        _ entry: AwarenessEntry,
        from connection: Connection,
        user: User?,
        now: Duration
    ) -> Decision {
        guard let state = entry.state, state.count <= self.limits.maxStateBytes else { return .dropped }
        var mine = self.owned[connection] ?? []
        guard mine.contains(entry.client) || mine.count < self.limits.maxIDsPerConnection,
            self.hasRoom(for: state, of: entry.client)
        else { return .dropped }
        if let owner = self.present[entry.client]?.owner, owner != connection {
            self.disown(entry.client, by: owner)
        }
        mine.insert(entry.client)
        self.owned[connection] = mine
        self.kept.remove(entry.client)
        self.put(
            Present(clock: entry.clock, state: state, owner: connection, user: user, renewed: now),
            of: entry.client
        )
        return .taken
    }

    private func hasRoom(for state: [UInt8], of client: UInt64) -> Bool {
        let known = self.present[client]?.bytes ?? 0
        return self.bytes - known + state.count + Present.overhead <= self.limits.maxBytes
    }

    /// - Parameter entry: nil for who is gone.
    private mutating func put(_ entry: Present?, of client: UInt64) {
        self.bytes += (entry?.bytes ?? 0) - (self.present[client]?.bytes ?? 0)
        self.present[client] = entry
    }

    /// - Returns: the removal that others are told of, with the clock unchanged.
    private mutating func remove(_ client: UInt64) -> AwarenessEntry {
        let clock = self.present[client]?.clock ?? 0
        if let owner = self.present[client]?.owner { self.disown(client, by: owner) }
        self.put(nil, of: client)
        self.kept.keep(client, clock)
        return AwarenessEntry(client: client, clock: clock, state: nil)
    }

    private mutating func disown(_ client: UInt64, by owner: Connection) {
        self.owned[owner]?.remove(client)
        if self.owned[owner]?.isEmpty ?? false { self.owned[owner] = nil }
    }
}
