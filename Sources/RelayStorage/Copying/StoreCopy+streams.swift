import RelayAccess
import RelayCore
import RelayWire

extension StoreCopy {
    func copyStreams() async throws {
        self.tally.count { $0.step = .messages }
        try await self.forEachStream { key in
            try await self.copyStream(key)
            self.tally.count { $0.streams += 1 }
        }
    }

    /// Those that are more than a moment's.
    private func forEachStream(_ body: @escaping @Sendable (TopicKey) async throws -> Void) async throws {
        var place: String?
        repeat {
            let listing = try await self.source.streams(after: place, limit: Self.page)
            // One that comes twice is copied once.
            let keys = Set(listing.entries.lazy.filter { !$0.isHot }.map(\.key))
            try await self.forEach(of: Array(keys), body)
            place = listing.next
        } while place != nil
    }

    private func copyStream(_ key: TopicKey) async throws {
        let bounds = try await self.source.bounds(of: key)
        guard bounds.last != .zero else { return }
        var there = try await self.target.bounds(of: key)
        while there.epoch.id != bounds.epoch.id || there.last != bounds.last {
            try Task.checkCancellation()
            let isBegun = there.epoch.id == bounds.epoch.id
            guard !isBegun || there.last < bounds.last else { throw CopyFailure.differs("topic \(key)") }
            there = try await self.copyPart(of: key, bounds, after: isBegun ? there.last : .zero)
        }
        if there.epoch.holes != bounds.epoch.holes { self.tally.count { $0.withoutHoles += 1 } }
    }

    private func copyPart(of key: TopicKey, _ bounds: StreamBounds, after last: MessageID) async throws -> StreamBounds
    {
        let page = try await Self.read(self.source, key, after: last, at: self.now)
        // What came after the bounds were read is none of this copy, which must not be of a relay that serves.
        guard page.bounds.epoch.id == bounds.epoch.id, page.messages.last?.id ?? .zero <= bounds.last else {
            throw CopyFailure.differs("topic \(key)")
        }
        let part = StreamPart(
            topic: key,
            epoch: bounds.epoch,
            after: last,
            messages: page.messages,
            trimmedThrough: bounds.trimmedThrough,
            last: page.hasMore ? page.messages.last?.id ?? last : bounds.last
        )
        if page.lostThrough != nil { self.tally.count { $0.unreadable += 1 } }
        guard case .stored(let there) = try await self.target.importStream(part) else {
            throw CopyFailure.differs("topic \(key)")
        }
        self.tally.count { progress in
            progress.messages += page.messages.count
            progress.bytes += part.memoryCost
        }
        return there
    }

    private static func read(
        _ store: any Endpoint,
        _ key: TopicKey,
        after last: MessageID,
        at now: Timestamp
    ) async throws(StoreError) -> StoredPage {
        let request = ReadRequest(
            topic: key,
            range: .forward(after: last),
            maxMessages: Self.messages,
            maxBytes: Self.bytes,
            now: now,
            includesSuperseded: true
        )
        let result = await withCheckedContinuation { continuation in
            store.read(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    // MARK: - Comparing

    func compare() async throws {
        self.tally.count { $0.step = .comparing }
        let (users, topics) = (try await self.source.userCounts(), try await self.source.topicCounts())
        guard try await self.target.userCounts() == users else { throw CopyFailure.differs("the number of users") }
        guard try await self.target.topicCounts() == topics else { throw CopyFailure.differs("the number of topics") }
        try await self.forEachStream { try await self.compareStream($0) }
    }

    private func compareStream(_ key: TopicKey) async throws {
        let (bounds, there) = (try await self.source.bounds(of: key), try await self.target.bounds(of: key))
        guard bounds.last != .zero else { return }
        guard there.epoch.id == bounds.epoch.id, there.epoch.start == bounds.epoch.start, there.last == bounds.last,
            there.trimmedThrough == bounds.trimmedThrough
        else { throw CopyFailure.differs("topic \(key)") }
        var last = MessageID.zero
        while true {
            let here = try await Self.read(self.source, key, after: last, at: self.now)
            let copied = try await Self.read(self.target, key, after: last, at: self.now)
            // A page ends before what can't be read, so the two may differ in length.
            let count = min(here.messages.count, copied.messages.count)
            guard here.messages.prefix(count).elementsEqual(copied.messages.prefix(count)),
                count > 0 || here.messages.isEmpty && copied.messages.isEmpty
            else { throw CopyFailure.differs("topic \(key)") }
            guard count > 0 else { return }
            self.tally.count { $0.compared += count }
            last = here.messages[count - 1].id
        }
    }
}
