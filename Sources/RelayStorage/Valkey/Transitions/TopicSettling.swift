import RelayCore
import RelayValkey
import RelayWire

/// Keeps the lists of topics in step with records that lie in other slots of a cluster.
///
/// Who is about to change a record marks its topic in the control slot, changes it, and settles: the lists become what the record says, and
/// the change is told. It settles only by its own mark. Where another has marked the topic since, it looks at the record once more, under a
/// mark of its own. So whoever settles last has looked after all others. A mark that stays, because a relay died, is settled by the next
/// sweep.
struct TopicSettling {
    let store: ValkeyStore

    private static let attempts = 16

    private var layout: KeyLayout { self.store.layout }
    private var keys: [String] { self.layout.listKeys + [self.layout.unsettled] }

    /// Runs a transition between mark and settling.
    func run(
        _ transition: TopicTransition,
        _ change: () async throws(StoreError) -> TransitionAnswer
    ) async throws(StoreError) -> TransitionAnswer {
        let key = transition.key
        let known = try await self.listed(key, transition)
        let mark = StreamEpoch.new().text
        let expected = transition.expected.map { String($0) } ?? ""
        switch try await self.mark(key, known, expected, transition.quota, mark) {
        case "marked": break
        case "ofUser": return .refused(.ofUser)
        case "inAll": return .refused(.inAll)
        default: throw .unexpected("to a mark")
        }
        let answer: TransitionAnswer
        do throws(StoreError) {
            answer = try await change()
        } catch {
            // It may have happened.
            try? await self.settle(key, mark)
            throw error
        }
        switch answer {
        case .stored(.changed(let stored, _)):
            try await self.settle(key, mark, known: .some(ListedRecord(stored.record)))
        case .deleted(_, let gone) where gone.owner == known?.owner && gone.kind == known?.kind:
            try await self.settle(key, mark, known: .some(nil))
        case .deleted(_, let gone):
            // Another's by the time it went: the lists of that one have it.
            let own = StreamEpoch.new().text
            _ = try await self.mark(key, gone, "0", .unlimited, own)
            try await self.settle(key, own)
        case .stored, .refused, .conflict, .superseded: try await self.settle(key, mark)
        }
        return answer
    }

    /// Changes something else of a record.
    func change<Value>(
        _ key: TopicKey,
        _ change: () async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let mark = StreamEpoch.new().text
        _ = try await self.mark(key, try await self.record(key), "0", .unlimited, mark)
        let value = try await change()
        try await self.settle(key, mark)
        return value
    }

    /// Settles what relays have left that died.
    func sweep() async throws(StoreError) {
        let reply = try await self.store.send("HKEYS", self.layout.unsettled)
        for key in (reply.array ?? []).compactMap(\.text) { try await self.settle(TopicKey(storedText: key), nil) }
    }

    /// What the lists have of the topic, if anything.
    private func listed(_ key: TopicKey, _ transition: TopicTransition) async throws(StoreError) -> ListedRecord? {
        if let record = transition.record { return ListedRecord(record) }
        return try await self.record(key)
    }

    private func record(_ key: TopicKey) async throws(StoreError) -> ListedRecord? {
        let reply = try await self.store.send("HMGET", self.layout.record(key), "owner", "kind", "public")
        guard let fields = reply.array, fields.count == 3 else { throw .unexpected("to an HMGET") }
        guard let owner = fields[0].text, let kind = fields[1].text else { return nil }
        return ListedRecord(owner: UserID(owner), kind: kind, isPublic: fields[2].text == "1")
    }

    private func mark(
        _ key: TopicKey,
        _ record: ListedRecord?,
        _ expected: String,
        _ quota: TopicQuota,
        _ mark: String
    ) async throws(StoreError) -> String? {
        let listing = ListingArguments(key, record, expected: expected, quota, self.layout)
        return try await self.store.run(
            MarkTopicScript.script,
            keys: self.keys,
            listing.arguments + [.init(mark)]
        ).text
    }

    /// - Parameters:
    ///   - mark: the caller's; nil for none yet.
    ///   - known: the record after the caller's change; the outer nil where it is not known.
    private func settle(
        _ key: TopicKey,
        _ mark: String?,
        known: ListedRecord?? = nil
    ) async throws(StoreError) {
        var (mark, known) = (mark, known)
        for _ in 0..<Self.attempts {
            let own: String
            if let mark {
                own = mark
            } else {
                own = StreamEpoch.new().text
                _ = try await self.mark(key, nil, "0", .unlimited, own)
            }
            let record: ListedRecord?
            if let known { record = known } else { record = try await self.record(key) }
            let listing = ListingArguments(key, record, expected: "0", .unlimited, self.layout)
            let reply = try await self.store.run(
                SettleTopicScript.script,
                keys: self.keys,
                listing.arguments + [.init(own)]
            )
            if reply.integer == 1 { return }
            (mark, known) = (nil, nil)
        }
        // The mark stays: a sweep settles it.
    }
}
