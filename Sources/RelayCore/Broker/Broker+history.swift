public import RelayWire

/// Reading a topic page by page.
extension Broker {
    /// Which way a page of history runs.
    public enum Order: Hashable, Sendable {
        /// Oldest first.
        case ascending
        /// Newest first.
        case descending
    }

    /// One page of a topic's history.
    public struct HistoryPage: Sendable {
        public var messages: [Message]
        /// The id of the stream's epoch; 0 where it has none.
        public let epoch: UInt64
        /// What is gone between the cursor and the page, where its order is ascending.
        public let gap: Gap?
        /// Whether the page has ended for its size, so that more may follow.
        public fileprivate(set) var isCut = false
        /// The last message of the page, shown or hidden.
        public fileprivate(set) var last: MessageID?
    }

    /// One page of a topic's history, if `principal` may read it.
    ///
    /// - Parameters:
    ///   - cursor: exclusive, in the direction of `order`; `oldest` starts where the order starts.
    ///   - limit: messages, at least 1.
    ///   - maxBytes: the page ends once its messages cost so much, but never before its first.
    /// - Throws: `missing` where the topic does not exist, `denied`, or `store`.
    public func history(
        of key: TopicKey,
        _ order: Order,
        cursor: Cursor,
        limit: Int,
        maxBytes: Int = 8 << 20,
        as principal: Principal
    ) async throws(BrokerError) -> HistoryPage {
        // An epoch can only be judged by bounds that are up to date.
        let use: TopicUse = if case .inEpoch = cursor { .join } else { .look }
        let topic = try await self.topic(key, for: use, as: principal).topic
        try self.authorizeHistory(of: topic, to: principal)
        let limits = SliceLimits(maxMessages: limit, maxBytes: maxBytes)
        var page = try await self.page(of: topic, order, cursor: cursor, limits)
        page.last = page.messages.last?.id
        // The topic may have changed hands while the store was read.
        try self.authorizeHistory(of: topic, to: principal)
        guard topic.behavior.hidesMessages else { return page }
        page.messages.removeAll { !topic.behavior.isVisible($0, to: principal) }
        return page
    }

    private func authorizeHistory(of topic: Topic, to principal: Principal) throws(BrokerError) {
        guard try self.open(topic, for: .look, as: principal).exists else { throw .missing }
    }

    private static func bounded(_ messages: [Message], _ maxBytes: Int) -> [Message] {
        var bytes = 0
        return Array(
            messages.prefix { message in
                defer { bytes += message.memoryCost }
                return bytes < maxBytes
            }
        )
    }

    private func page(
        of topic: Topic,
        _ order: Order,
        cursor: Cursor,
        _ limits: SliceLimits
    ) async throws(BrokerError) -> HistoryPage {
        switch order {
        case .ascending: try await self.ascendingPage(of: topic, cursor: cursor, limits)
        case .descending: try await self.descendingPage(of: topic, cursor: cursor, limits)
        }
    }

    private func ascendingPage(
        of topic: Topic,
        cursor: Cursor,
        _ limits: SliceLimits
    ) async throws(BrokerError) -> HistoryPage {
        if let page = try await self.pageAtHand(of: topic, { Self.ascendingHot(topic, cursor, limits) }) { return page }
        var start = cursor.place(in: topic.bounds).start
        while true {
            let page = try await self.read(self.request(topic, .forward(after: start), limits))
            let place = cursor.place(in: page.bounds)
            // In another epoch than was known here, it begins elsewhere.
            guard place.start < start else {
                return HistoryPage(page.messages, after: cursor, page.bounds, limits, lostThrough: page.lostThrough)
            }
            start = place.start
        }
    }

    private func descendingPage(
        of topic: Topic,
        cursor: Cursor,
        _ limits: SliceLimits
    ) async throws(BrokerError) -> HistoryPage {
        let before: MessageID? = if case .oldest = cursor { nil } else { cursor.id }
        if let page = try await self.pageAtHand(of: topic, { Self.descendingHot(topic, before, limits) }) {
            return page
        }
        let page = try await self.read(self.request(topic, .backward(before: before), limits))
        return HistoryPage(page.messages, epoch: page.bounds.epoch.id, gap: nil, limits)
    }

    /// A page from the hot tier alone.
    private struct HotPage {
        let page: HistoryPage
        /// Of the stream, as it was known at that instant.
        let bounds: StreamBounds
        /// Whether the page would go on with what the stream has beyond these bounds.
        let isAtEnd: Bool
    }

    private static func ascendingHot(_ topic: Topic, _ cursor: Cursor, _ limits: SliceLimits) -> HotPage? {
        let bounds = topic.bounds
        let hot = topic.readHot(after: cursor.place(in: bounds).start, through: .max, limits: limits)
        guard let slice = hot.slice, hot.bounds.epoch.id == bounds.epoch.id else { return nil }
        let page = HistoryPage(slice.messages, after: cursor, hot.bounds, limits)
        // It also ends where it is full, and before a hole.
        let isWhole = page.messages.count == slice.messages.count && page.messages.count < limits.maxMessages
        return HotPage(page: page, bounds: hot.bounds, isAtEnd: isWhole && !slice.hasMore && !page.isCut)
    }

    private static func descendingHot(_ topic: Topic, _ before: MessageID?, _ limits: SliceLimits) -> HotPage? {
        guard let hot = topic.newestHot(before: before, count: limits.maxMessages) else { return nil }
        let messages = Self.bounded(hot.messages, limits.maxBytes)
        return HotPage(
            page: HistoryPage(messages, epoch: hot.bounds.epoch.id, gap: nil, limits),
            bounds: hot.bounds,
            isAtEnd: before.map { $0 > hot.bounds.last } ?? true
        )
    }

    /// A page from memory, where that has all that was stored before the page was asked for.
    ///
    /// What other relays store comes here somewhat later, and over a slow link much later. So a page at the end of a stream that others
    /// write too needs the store's word that this is the end: a few bytes. What has come here by then counts.
    ///
    /// - Parameter look: called again after that.
    private func pageAtHand(
        of topic: Topic,
        _ look: () -> HotPage?
    ) async throws(BrokerError) -> HistoryPage? {
        guard let known = look() else { return nil }
        guard known.isAtEnd, self.feed != nil else { return known.page }
        let stored = try await self.reading { () async throws(StoreError) in try await self.store.bounds(of: topic.key)
        }
        guard stored.epoch.id == known.bounds.epoch.id, stored.last >= known.bounds.last else {
            // It is another history, or has lost something.
            topic.doubt()
            return nil
        }
        guard let now = look(), now.bounds.epoch.id == stored.epoch.id, now.bounds.last >= stored.last else {
            return nil
        }
        return now.page
    }

    private func request(_ topic: Topic, _ range: ReadRequest.Range, _ limits: SliceLimits) -> ReadRequest {
        ReadRequest(
            topic: topic.key,
            range: range,
            maxMessages: limits.maxMessages,
            maxBytes: limits.maxBytes,
            now: self.clock.now()
        )
    }

    /// Reads the store. For event loops, which can't suspend, there is ``read(_:completion:)``.
    func read(_ request: ReadRequest) async throws(BrokerError) -> StoredPage {
        let result = await withCheckedContinuation { continuation in
            self.read(request) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let page): return page
        case .failure(let error): throw .store(error)
        }
    }

    /// Starts a read of the store; `completion` is called once, on any thread, possibly before this returns.
    public func read(_ request: ReadRequest, completion: @escaping @Sendable (Result<StoredPage, StoreError>) -> Void) {
        let tier = self.catalog.behavior(of: request.topic.name).tier
        self.streams(of: tier).read(request, completion: completion)
    }
}

extension Broker.HistoryPage {
    fileprivate init(_ messages: [Message], epoch: UInt64, gap: Gap?, _ limits: SliceLimits) {
        self.messages = messages
        self.epoch = epoch
        self.gap = gap
        self.isCut = messages.reduce(0) { $0 + $1.memoryCost } >= limits.maxBytes
    }

    fileprivate init(
        _ messages: [Message],
        after cursor: Cursor,
        _ bounds: StreamBounds,
        _ limits: SliceLimits,
        lostThrough: MessageID? = nil
    ) {
        let place = cursor.place(in: bounds)
        let first = messages.first?.id ?? .max
        let hasGap =
            place.start < max(bounds.trimmedThrough, lostThrough ?? .zero) || place.holes.contains { $0.after < first }
        let gapFrom = place.gapFrom ?? (hasGap ? place.start : nil)
        // A hole further on is told with the page that begins behind it.
        let nextHole = place.holes.first { first <= $0.after }
        self.init(
            nextHole.map { hole in Array(messages.prefix { $0.id <= hole.after }) } ?? messages,
            epoch: bounds.epoch.id,
            gap: gapFrom.map { Gap(after: $0, resumedFrom: messages.first?.id, epoch: bounds.epoch.id) },
            limits
        )
    }
}
