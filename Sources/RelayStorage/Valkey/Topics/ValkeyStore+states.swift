public import RelayCore

extension ValkeyStore {
    public func transition(_ transition: TopicTransition) async throws(StoreError) -> TransitionOutcome {
        throw StoreError(.unavailable, "not written")
    }

    public func erase(_ streams: [TopicKey]) async throws(StoreError) {}

    public func topics(ofKind kind: String, after key: TopicKey?, limit: Int) async throws(StoreError) -> [StoredTopic]
    { [] }
}
