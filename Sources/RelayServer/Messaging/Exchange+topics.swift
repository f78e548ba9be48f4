import RelayCore

extension Exchange {
    /// Goes on with the topics of several keys, in their order: at once where all are in memory.
    func withTopics(_ keys: [TopicKey], _ body: @escaping (Exchange, [Topic]) -> Void) {
        let broker = self.services.broker
        let resident = keys.compactMap { broker.residentTopic($0) }
        if resident.count == keys.count { return body(self, resident) }
        self.suspend {
            await broker.topics(keys)
        } then: { (exchange: Exchange, topics: Result<[Topic], StoreError>) in
            switch topics {
            case .success(let topics): body(exchange, topics)
            case .failure(let error): exchange.answer(Reply(BrokerError.store(error)))
            }
        }
    }
}
