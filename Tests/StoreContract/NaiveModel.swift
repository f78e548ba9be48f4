import RelayCore
import RelayWire

/// What a store should hold, worked out in the plainest way. Ids are the store's; the model only remembers them.
struct NaiveModel {
    struct Topic {
        var messages: [Message] = []
        var last = MessageID.zero
        var trimmed = MessageID.zero
        var exists = false

        var bounds: StreamBounds {
            StreamBounds(last: self.last, trimmedThrough: self.trimmed, count: self.messages.count)
        }

        mutating func trim(_ count: Int) {
            guard count > 0 else { return }
            self.trimmed = self.messages[count - 1].id
            self.messages.removeFirst(count)
        }

        mutating func purge() {
            self.messages = []
            self.trimmed = self.last
        }
    }

    var topics: [TopicKey: Topic] = [:]
    var marks: [IdempotencyKey: [Int: IdempotencyEntry]] = [:]

    /// - Returns: what is wrong with the receipt; nil where it is what it must be.
    mutating func append(_ batch: AppendBatch, _ receipt: AppendReceipt) -> String? {
        guard receipt.stored.count == batch.drafts.count else { return "\(receipt.stored.count) receipts" }
        var topic = self.topics[batch.topic] ?? Topic()
        for (draft, stored) in zip(batch.drafts, receipt.stored) {
            if let first = self.first(of: draft) {
                let expected = StoredDraft(id: first.id, timestamp: first.timestamp, isRepeat: true)
                guard stored == expected else { return "\(stored) for a repeat of \(first)" }
                continue
            }
            guard !stored.isRepeat, stored.id > topic.last, stored.timestamp == draft.timestamp else {
                return "\(stored) after \(topic.last)"
            }
            topic.last = stored.id
            topic.messages.append(draft.message(id: stored.id))
            if let mark = draft.idempotency {
                self.marks[mark.key, default: [:]][mark.index] = IdempotencyEntry(
                    mark: mark,
                    topic: batch.topic,
                    id: stored.id,
                    timestamp: draft.timestamp
                )
            }
        }
        topic.trim(topic.messages.count - batch.retention.maxMessages)
        self.topics[batch.topic] = topic
        return receipt.bounds.ends == topic.bounds ? nil : "\(receipt.bounds) instead of \(topic.bounds)"
    }

    private func first(of draft: Draft) -> IdempotencyEntry? {
        guard let mark = draft.idempotency, let entry = self.marks[mark.key]?[mark.index] else { return nil }
        return draft.timestamp < entry.mark.expiresAt ? entry : nil
    }

    func page(_ request: ReadRequest) -> StoredPage {
        let topic = self.topics[request.topic] ?? Topic()
        var rest = topic.messages.filter { !$0.isExpired(at: request.now) }
        switch request.range {
        case .forward(let after, let through): rest = rest.filter { $0.id > after && $0.id <= through ?? .max }
        case .backward(let before): rest = rest.filter { $0.id < before ?? .max }.reversed()
        }
        var page: [Message] = []
        var bytes = 0
        while !rest.isEmpty, page.isEmpty || (page.count < request.maxMessages && bytes < request.maxBytes) {
            bytes += rest[0].memoryCost
            page.append(rest.removeFirst())
        }
        return StoredPage(messages: page, hasMore: !rest.isEmpty, bounds: topic.bounds)
    }

    /// - Returns: what the sweep must have reported.
    mutating func sweep(at now: Timestamp, maxAgeSeconds: Int64) -> [TopicKey: StreamBounds] {
        var trimmed: [TopicKey: StreamBounds] = [:]
        let limit = now.adding(seconds: -maxAgeSeconds).milliseconds
        for (key, var topic) in self.topics {
            topic.messages.removeAll { $0.isExpired(at: now) }
            let count = topic.messages.dropLast().prefix { $0.id.milliseconds < limit }.count
            topic.trim(count)
            self.topics[key] = topic
            if count > 0 { trimmed[key] = topic.bounds }
        }
        return trimmed
    }
}
