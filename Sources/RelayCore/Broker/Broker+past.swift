public import RelayWire

extension Broker {
    /// A page of a stream with what its snapshots stand for, as far as that is kept, from the store.
    ///
    /// - Parameters:
    ///   - key: of a topic that the caller has asked for before, as whoever wants the page.
    ///   - id: the page begins after it.
    ///   - last: the page ends there.
    ///   - limits: of the page.
    /// - Returns: messages by id, and whether there are more.
    /// - Throws: `store`.
    public func past(
        of key: TopicKey,
        after id: MessageID,
        through last: MessageID?,
        limits: SliceLimits
    ) async throws(BrokerError) -> StoredPage {
        try await self.read(
            ReadRequest(
                topic: key,
                range: .forward(after: id, through: last),
                maxMessages: limits.maxMessages,
                maxBytes: limits.maxBytes,
                now: self.clock.now(),
                includesSuperseded: true
            )
        )
    }
}
