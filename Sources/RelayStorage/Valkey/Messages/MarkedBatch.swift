import RelayCore
import RelayWire

/// A batch with marked drafts on its way: what is settled for which draft. By the draft's place in the batch.
struct MarkedBatch {
    /// Drafts of one idempotency key.
    struct Group {
        let key: IdempotencyKey
        let drafts: [Int]
        let millisecondsToLive: Int64
    }

    /// The drafts that this topic has to store, or to know as repeats of its own.
    struct Rest {
        let batch: AppendBatch
        let drafts: [Int]
        let versions: [Int64]
    }

    /// How long another topic's claim is left alone. A claim that has changed is waited for anew.
    private struct Wait {
        let claim: String
        var patience = ClaimPatience.inQueue
    }

    let batch: AppendBatch
    var versions: [Int: Int64] = [:]
    private(set) var repeats: [Int: StoredDraft] = [:]
    /// Where the repeats are stored that are not in the batch's topic.
    private var origins: [Int: TopicKey] = [:]
    /// The version with which an append found a tombstone.
    var refused: [Int: Int64] = [:]
    private var waits: [Int: Wait] = [:]

    init(_ batch: AppendBatch) {
        self.batch = batch
    }

    func mark(_ draft: Int) -> IdempotencyMark? { self.batch.drafts[draft].idempotency }

    /// The draft is stored already, in another topic.
    mutating func found(_ draft: Int, as first: StoredDraft, in topic: TopicKey) {
        self.repeats[draft] = first
        self.origins[draft] = topic
    }

    /// What was stored before this batch, topic by topic.
    ///
    /// - Parameter receipt: for all of the batch.
    func repeated(_ receipt: AppendReceipt) -> [[IdempotencyEntry]] {
        let entries = self.batch.drafts.indices.compactMap { index -> IdempotencyEntry? in
            let stored = receipt.stored[index]
            guard stored.isRepeat, let mark = self.mark(index) else { return nil }
            let topic = self.origins[index] ?? self.batch.topic
            return IdempotencyEntry(mark: mark, topic: topic, id: stored.id, timestamp: stored.timestamp)
        }
        return Array(Dictionary(grouping: entries, by: \.topic).values)
    }

    private func isOpen(_ draft: Int) -> Bool {
        self.mark(draft) != nil && self.versions[draft] == nil && self.repeats[draft] == nil
    }

    var isClaimed: Bool { !self.batch.drafts.indices.contains { self.isOpen($0) } }

    var unclaimed: [Group] {
        var drafts: [IdempotencyKey: [Int]] = [:]
        for index in self.batch.drafts.indices where self.isOpen(index) {
            if let key = self.mark(index)?.key { drafts[key, default: []].append(index) }
        }
        return drafts.map { key, drafts in
            let spans = drafts.map { self.mark($0)?.millisecondsToLive(from: self.batch.drafts[$0].timestamp) ?? 0 }
            return Group(key: key, drafts: drafts, millisecondsToLive: spans.max() ?? 0)
        }
    }

    /// - Returns: how long to leave the claim alone once more; nil where it has been long enough.
    mutating func wait(for draft: Int, _ claim: IdempotencyClaim) -> Duration? {
        if self.waits[draft]?.claim != claim.text { self.waits[draft] = Wait(claim: claim.text) }
        return self.waits[draft]?.patience.wait()
    }

    var rest: Rest {
        let drafts = self.batch.drafts.indices.filter { self.repeats[$0] == nil }
        let batch = AppendBatch(
            topic: self.batch.topic,
            drafts: drafts.map { self.batch.drafts[$0] },
            retention: self.batch.retention,
            known: self.batch.known,
            durability: self.batch.durability,
            tier: self.batch.tier,
            compactionKeys: self.batch.compactionKeys.isEmpty ? [] : drafts.map { self.batch.compactionKeys[$0] }
        )
        return Rest(batch: batch, drafts: drafts, versions: drafts.map { self.versions[$0] ?? 0 })
    }

    /// - Parameter receipt: for the rest.
    func receipt(_ receipt: AppendReceipt) -> AppendReceipt {
        var others = receipt.stored.makeIterator()
        let stored = self.batch.drafts.indices.compactMap { self.repeats[$0] ?? others.next() }
        return AppendReceipt(stored: stored, previous: receipt.previous, bounds: receipt.bounds)
    }
}
