import RelayCore

extension Exchange {
    /// Goes on with the topics of several keys that `principal` may join, in their order: at once where all are in memory.
    func withTopics(_ keys: [TopicKey], for principal: Principal, _ body: @escaping (Exchange, [Topic]) -> Void) {
        let broker = self.services.broker
        let goOn: (Exchange, Result<[Topic], BrokerError>) -> Void = { exchange, topics in
            switch topics {
            case .success(let topics): body(exchange, topics)
            case .failure(let error): exchange.answer(Reply(error))
            }
        }
        if let topics = broker.topicsAtHand(keys, for: .join, as: principal) { return goOn(self, topics) }
        self.suspend({ await broker.topics(keys, for: .join, as: principal) }, then: goOn)
    }
}
