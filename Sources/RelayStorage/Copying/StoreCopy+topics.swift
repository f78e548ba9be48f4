import RelayCore

extension StoreCopy {
    func copyTopics() async throws {
        self.tally.count { $0.step = .topics }
        var last: TopicKey?
        while true {
            let page = try await self.source.topics(after: last, limit: Self.page)
            guard let end = page.last else { return }
            try await self.forEach(of: page) { try await self.copy($0) }
            self.tally.count { $0.topics += page.count }
            last = end.record.key
        }
    }

    private func copy(_ topic: StoredTopic) async throws {
        let key = topic.record.key
        if try await self.target.topic(key) == nil { try await self.create(topic.record) }
        for grant in topic.grants { _ = try await self.target.addGrant(grant, to: key, limit: .max) }
        let there = try await self.target.topic(key)
        guard there?.record == topic.record, there?.grants == topic.grants else {
            throw CopyFailure.differs("topic \(key)")
        }
        try await self.copyReaders(of: key)
    }

    /// A state comes with its revision.
    private func create(_ record: TopicRecord) async throws {
        guard record.state != nil else {
            _ = try await self.target.createTopic(record, within: .unlimited)
            return
        }
        _ = try await self.target.transition(TopicTransition(key: record.key, expected: nil, record: record))
    }

    private func copyReaders(of key: TopicKey) async throws {
        var last: NamedReader?
        while true {
            let page = try await self.source.readers(of: key, ofUser: nil, after: last, limit: Self.page)
            guard let end = page.last else { return }
            for reader in page {
                switch try await self.target.createReader(
                    reader,
                    within: ReaderQuota(maxPerTopic: .max, maxPerUser: .max)
                ) {
                case .created: continue
                case .existed(let known) where known == reader: continue
                case .existed, .topicMissing, .refused:
                    throw CopyFailure.differs("reader \(reader.reader.name) of \(key)")
                }
            }
            self.tally.count { $0.readers += page.count }
            last = end.reader
        }
    }
}
