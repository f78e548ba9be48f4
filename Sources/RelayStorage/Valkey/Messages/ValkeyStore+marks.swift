public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore {
    /// How often a claim that others fight for is tried for.
    private static let attempts = 32

    /// Claims the batch's marks, answers from elsewhere what was stored elsewhere, and appends the rest. See ``IdempotencyClaim``.
    ///
    /// - Parameter topic: nil where it is there.
    /// - Returns: anything but `moved`.
    func appendMarked(
        _ batch: AppendBatch,
        creating topic: CreationCall?
    ) async throws(StoreError) -> AppendAnswer {
        var work = MarkedBatch(batch)
        for _ in 0..<Self.attempts {
            try await self.claim(&work)
            guard work.isClaimed else { continue }
            let answer = try await self.finish(&work, creating: topic)
            switch answer {
            case .moved: continue
            case .stored(let receipt): try await self.confirmRepeats(in: receipt, of: work)
            case .superseded, .notCreated: break
            }
            return answer
        }
        throw StoreError(.unavailable, "too many requests use the same idempotency key at once")
    }

    /// The wait behind an append says nothing of what that append only found.
    private func confirmRepeats(in receipt: AppendReceipt, of work: MarkedBatch) async throws(StoreError) {
        let durability = work.batch.durability ?? self.durability
        guard self.goal(of: work.batch) != nil else { return }
        for entries in work.repeated(receipt) { try await self.confirm(entries, as: durability) }
    }

    /// Settles for every draft where it goes, or that it is a repeat of another topic's.
    private func claim(_ work: inout MarkedBatch) async throws(StoreError) {
        let (groups, topic) = (work.unclaimed, work.batch.topic.description)
        let indexes = groups.map { $0.drafts.map { work.mark($0)?.index ?? 0 } }
        let replies = await self.concurrently(groups.count) { place, completion in
            self.run(
                ClaimScript.script,
                keys: [self.layout.claims(groups[place].key)],
                [.init(topic), .init(groups[place].millisecondsToLive)] + indexes[place].map { .init($0) },
                completion: completion
            )
        }
        for (group, reply) in zip(groups, replies) {
            guard let claims = try reply.get().array, claims.count == group.drafts.count else {
                throw .unexpected("to a claim")
            }
            for (draft, text) in zip(group.drafts, claims) {
                guard let claim = text.text.flatMap({ IdempotencyClaim($0) }) else { throw .unexpected("to a claim") }
                try await self.settle(draft, claim, &work)
            }
        }
    }

    private func settle(_ draft: Int, _ claim: IdempotencyClaim, _ work: inout MarkedBatch) async throws(StoreError) {
        guard let mark = work.mark(draft) else { return }
        if claim.topic == work.batch.topic {
            if claim.version > work.refused[draft, default: 0] {
                work.versions[draft] = claim.version
            } else {
                try await self.take(claim, as: work.refused[draft, default: 0] + 1, mark, draft, &work)
            }
            return
        }
        let key = self.layout.stream(claim.topic).mark(mark.key, mark.index)
        let now = work.batch.drafts[draft].timestamp
        switch StoredMark(try await self.send("GET", key)) {
        case .message(let id, let timestamp, _, let expiresAt) where now < expiresAt:
            let first = StoredDraft(id: id, timestamp: timestamp, isRepeat: true)
            work.found(draft, as: first, in: claim.topic)
            return
        case nil:
            if let wait = work.wait(for: draft, claim) {
                try? await Task.sleep(for: wait)
                return
            }
        case .message, .tombstone: break
        }
        let reply = try await self.run(
            MarkScript.script,
            keys: [key],
            [
                .init(now.microseconds), .init(claim.version), .init(mark.expiresAt.microseconds),
                .init(mark.millisecondsToLive(from: now)),
            ]
        )
        if case .message(let id, let timestamp, _, _) = StoredMark(reply) {
            let first = StoredDraft(id: id, timestamp: timestamp, isRepeat: true)
            work.found(draft, as: first, in: claim.topic)
        } else {
            try await self.take(claim, as: claim.version + 1, mark, draft, &work)
        }
    }

    /// Puts a claim of this topic in the place of another, which must be there still.
    private func take(
        _ claim: IdempotencyClaim,
        as version: Int64,
        _ mark: IdempotencyMark,
        _ draft: Int,
        _ work: inout MarkedBatch
    ) async throws(StoreError) {
        let own = IdempotencyClaim(version: version, topic: work.batch.topic)
        let reply = try await self.run(
            ClaimMoveScript.script,
            keys: [self.layout.claims(mark.key)],
            [
                .init(mark.index), .init(claim.text), .init(own.text),
                .init(mark.millisecondsToLive(from: work.batch.drafts[draft].timestamp)),
            ]
        )
        if reply.integer == 1 { work.versions[draft] = version }
    }

    /// Appends what is left, which may be nothing: every append trims.
    ///
    /// - Returns: for all of the batch. `moved` where a claim was lost on the way; it is unclaimed then.
    private func finish(
        _ work: inout MarkedBatch,
        creating topic: CreationCall?
    ) async throws(StoreError) -> AppendAnswer {
        let rest = work.rest
        let answer = try await self.append(rest.batch, versions: rest.versions, creating: topic)
        switch answer {
        case .stored(let receipt): return .stored(work.receipt(receipt))
        case .superseded, .notCreated: return answer
        case .moved(let draft, let version):
            guard rest.drafts.indices.contains(draft) else { throw .unexpected("to an append") }
            work.versions[rest.drafts[draft]] = nil
            work.refused[rest.drafts[draft]] = version
            return answer
        }
    }

    public func idempotencyEntries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        try await self.entries(for: key, at: now).stored
    }

    public func idempotencyEntries(
        for key: IdempotencyKey,
        publishingTo topics: Set<TopicKey>,
        at now: Timestamp
    ) async throws(StoreError) -> [IdempotencyEntry] {
        var patience = ClaimPatience.beforeQueue
        while true {
            let (stored, pending) = try await self.entries(for: key, at: now)
            guard !pending.isSubset(of: topics), !Task.isCancelled, let wait = patience.wait() else { return stored }
            try? await Task.sleep(for: wait)
        }
    }

    /// - Returns: also the topics that have claimed a message and neither stored it nor given it up.
    private func entries(
        for key: IdempotencyKey,
        at now: Timestamp
    ) async throws(StoreError) -> (stored: [IdempotencyEntry], pending: Set<TopicKey>) {
        var claims: [(index: Int, claim: IdempotencyClaim)] = []
        for (index, text) in try HashFields(await self.send("HGETALL", self.layout.claims(key))).texts {
            guard let index = Int(index), let claim = IdempotencyClaim(text) else { throw .unexpected("a claim") }
            claims.append((index, claim))
        }
        let replies = await self.concurrently(claims.count) { place, completion in
            let mark = self.layout.stream(claims[place].claim.topic).mark(key, claims[place].index)
            self.run(PeekScript.script, keys: [mark], [], completion: completion)
        }
        var entries: [IdempotencyEntry] = []
        var pending: Set<TopicKey> = []
        for ((index, claim), reply) in zip(claims, replies) {
            let mark = StoredMark(try reply.get())
            if case nil = mark { pending.insert(claim.topic) }
            guard case .message(let id, let timestamp, let total, let expiresAt) = mark, now < expiresAt else {
                continue
            }
            let entry = IdempotencyEntry(
                mark: IdempotencyMark(key: key, index: index, total: total, expiresAt: expiresAt),
                topic: claim.topic,
                id: id,
                timestamp: timestamp
            )
            entries.append(entry)
        }
        return (entries.sorted { $0.mark.index < $1.mark.index }, pending)
    }
}
