import RelayWire

/// Reading a topic page by page.
extension Broker {
    /// Which way a page of history runs.
    public enum Order: Hashable, Sendable {
        /// Oldest first.
        case ascending
        /// Newest first.
        case descending
    }

    /// One page of a topic's history, if `principal` may read it.
    ///
    /// - Parameters:
    ///   - cursor: exclusive, in the direction of `order`; `oldest` starts where the order starts.
    ///   - limit: messages, at least 1. Fewer come where they are large: a page costs about 8 MiB at most.
    /// - Throws: `missing` where the topic does not exist, `denied`, or `store`.
    public func history(
        of key: TopicKey,
        _ order: Order,
        cursor: Cursor,
        limit: Int,
        as principal: Principal
    ) async throws(BrokerError) -> [Message] {
        let topic = try await self.reading { () async throws(StoreError) in
            // An epoch can only be judged by bounds that are up to date.
            if case .inEpoch = cursor { try await self.followed(key) } else { try await self.topic(key) }
        }
        try self.authorizeHistory(of: topic, to: principal)
        let page = try await self.page(of: topic, order, cursor: cursor, limit: limit)
        // The topic may have changed hands while the store was read.
        try self.authorizeHistory(of: topic, to: principal)
        guard topic.behavior.hidesMessages else { return page }
        return page.filter { topic.behavior.isVisible($0, to: principal) }
    }

    private func authorizeHistory(of topic: Topic, to principal: Principal) throws(BrokerError) {
        let access = topic.access
        guard access.record != nil else { throw .missing }
        switch topic.behavior.decide(.read, by: principal, on: access) {
        case .allowed: break
        case .denied: throw .denied
        case .missing: throw .missing
        }
    }

    /// A page ends early once its messages cost this much, but never before its first; its last message's id leads on.
    private static let maxHistoryBytes = 8 << 20

    private static func bounded(_ messages: [Message]) -> [Message] {
        var bytes = 0
        return Array(
            messages.prefix { message in
                defer { bytes += message.memoryCost }
                return bytes < Self.maxHistoryBytes
            }
        )
    }

    private func page(
        of topic: Topic,
        _ order: Order,
        cursor: Cursor,
        limit: Int
    ) async throws(BrokerError) -> [Message] {
        let range: ReadRequest.Range
        switch (order, cursor) {
        case (.ascending, _):
            let limits = SliceLimits(maxMessages: limit, maxBytes: Self.maxHistoryBytes)
            let start = cursor.place(in: topic.bounds).start
            if let slice = topic.readHot(after: start, through: .max, limits: limits).slice {
                return slice.messages
            }
            range = .forward(after: start)
        case (.descending, .oldest):
            if let newest = topic.newestHot(before: nil, count: limit) { return Self.bounded(newest) }
            range = .backward(before: nil)
        case (.descending, .after(let id)), (.descending, .inEpoch(_, after: let id)):
            if let newest = topic.newestHot(before: id, count: limit) { return Self.bounded(newest) }
            range = .backward(before: id)
        }
        return try await self.read(
            ReadRequest(
                topic: topic.key,
                range: range,
                maxMessages: limit,
                maxBytes: Self.maxHistoryBytes,
                now: self.clock.now()
            )
        ).messages
    }

    /// Reads the store. For event loops, which can't suspend, there is ``read(_:completion:)``.
    func read(_ request: ReadRequest) async throws(BrokerError) -> StoredPage {
        let result = await withCheckedContinuation { continuation in
            self.store.read(request) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let page): return page
        case .failure(let error): throw .store(error)
        }
    }

    /// Starts a read of the store; `completion` is called once, on any thread, possibly before this returns.
    public func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        self.store.read(request, completion: completion)
    }
}
