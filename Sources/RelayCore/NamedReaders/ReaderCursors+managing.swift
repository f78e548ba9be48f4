import RelayWire

/// What users ask about named readers, and do with them.
///
/// A reader is its user's alone: only its user moves it. Who may manage the topic sees that it is there, since it shows who is behind, and may
/// delete it, since it counts for the topic. Nobody else learns of it.
extension ReaderCursors {
    /// A reader, and how far it is behind.
    public struct Report: Sendable {
        public let stored: StoredReader
        public let lag: ReaderLag
    }

    /// One page of a topic's readers: all of them for who may manage the topic, else the caller's own.
    ///
    /// - Parameter reader: the page begins after its place; nil for the first page.
    /// - Throws: `missing`, `denied`, or `store`.
    public func reports(
        of key: TopicKey,
        after reader: NamedReader?,
        limit: Int,
        as principal: Principal
    ) async throws(BrokerError) -> [Report] {
        let topic = try await self.readable(key, as: principal)
        let isManager = self.mayManage(topic, principal)
        let stored = try await self.broker.reading { () async throws(StoreError) in
            try await self.store.readers(
                of: key,
                ofUser: isManager ? nil : principal.id,
                after: reader,
                limit: limit
            )
        }
        return try await self.reports(stored, in: topic)
    }

    /// One reader of the caller's.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `missing`, `denied`, or `store`.
    public func report(
        _ name: ReaderName,
        of key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Report? {
        let topic = try await self.readable(key, as: principal)
        return try await self.report(NamedReader(topic: key, user: principal.id, name: name), in: topic)
    }

    /// Puts a reader of the caller's anywhere, also back. It is made where there is none.
    ///
    /// - Returns: the reader, and whether it is new.
    /// - Throws: `missing`, `denied`, `refused`, `quota`, or `store`.
    public func put(
        _ name: ReaderName,
        of key: TopicKey,
        at start: ReaderStart,
        as principal: Principal
    ) async throws(BrokerError) -> (report: Report, isNew: Bool) {
        let topic = try await self.readable(key, as: principal)
        guard topic.behavior.admitsNamedReaders else { throw .refused(.noNamedReaders) }
        let reader = NamedReader(topic: key, user: principal.id, name: name)
        let position = ReaderPosition(start, in: try await self.storedBounds(of: topic))
        let isThere = try await self.move(reader, to: position, isForced: true) != nil
        if !isThere, try await self.make(reader, at: position) == nil { throw .missing }
        guard let report = try await self.report(reader, in: topic) else { throw .missing }
        return (report, !isThere)
    }

    /// Moves a reader of the caller's forward. What it can't be done with moves it nowhere.
    ///
    /// - Returns: where it stands then, stored; nil where there is no such reader.
    /// - Throws: `missing`, `denied`, or `store`.
    public func acknowledge(
        _ cursor: Cursor,
        by name: ReaderName,
        of key: TopicKey,
        as principal: Principal
    ) async throws(BrokerError) -> Report? {
        let topic = try await self.readable(key, as: principal)
        let reader = NamedReader(topic: key, user: principal.id, name: name)
        if let position = ReaderPosition(acknowledged: cursor, in: try await self.storedBounds(of: topic)) {
            guard try await self.move(reader, to: position) != nil else { return nil }
        }
        return try await self.report(reader, in: topic)
    }

    /// Deletes a reader: the caller's own, or of who may manage the topic anybody's.
    ///
    /// - Parameter user: whose; nil for the caller.
    /// - Returns: whether there was such a reader.
    /// - Throws: `missing`, `denied`, or `store`.
    public func delete(
        _ name: ReaderName,
        of key: TopicKey,
        ofUser user: UserID? = nil,
        as principal: Principal
    ) async throws(BrokerError) -> Bool {
        let owner = user ?? principal.id
        if owner != principal.id {
            _ = try await self.broker.storedTopic(key, for: .manage, as: principal)
        }
        let reader = NamedReader(topic: key, user: owner, name: name)
        self.forget(reader)
        return try await self.broker.reading { () async throws(StoreError) in try await self.store.deleteReader(reader)
        }
    }

    // MARK: - Steps

    /// The topic, followed where others write it too, so that its ends are up to date.
    private func readable(_ key: TopicKey, as principal: Principal) async throws(BrokerError) -> Topic {
        let open = try await self.broker.topic(key, for: .join, as: principal)
        guard open.exists else { throw .missing }
        return open.topic
    }

    private func mayManage(_ topic: Topic, _ principal: Principal) -> Bool {
        self.broker.decision(on: topic.key, topic.behavior, topic.access, .manage, by: principal) == .allowed
    }

    private func storedBounds(of topic: Topic) async throws(BrokerError) -> StreamBounds {
        try await self.broker.reading { () async throws(StoreError) in
            try await self.broker.streams(of: topic.behavior.tier).bounds(of: topic.key)
        }
    }

    private func report(_ reader: NamedReader, in topic: Topic) async throws(BrokerError) -> Report? {
        let stored = try await self.broker.reading { () async throws(StoreError) in try await self.store.reader(reader)
        }
        return try await self.reports(stored.map { [$0] } ?? [], in: topic).first
    }

    /// For readers that stand between the oldest message and those in memory one message is read: the oldest.
    private func reports(_ stored: [StoredReader], in topic: Topic) async throws(BrokerError) -> [Report] {
        var reports = stored.map { Report(stored: $0, lag: topic.lag(of: $0.position)) }
        guard reports.contains(where: { !$0.lag.isExact }) else { return reports }
        let oldest = try await self.broker.read(
            ReadRequest(
                topic: topic.key,
                range: .forward(after: topic.bounds.trimmedThrough),
                maxMessages: 1,
                maxBytes: 1,
                now: self.broker.clock.now()
            )
        ).messages.first?.id
        for place in reports.indices where !reports[place].lag.isExact {
            let reader = reports[place].stored
            reports[place] = Report(stored: reader, lag: topic.lag(of: reader.position, oldest: oldest))
        }
        return reports
    }
}
