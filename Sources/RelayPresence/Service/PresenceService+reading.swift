public import RelayCore
import RelayWire

/// Who is on a topic, read from the store.
extension PresenceService {
    /// Who is on a topic now: every member whose join was answered is there. Those who ask at about the same time share one look at the store.
    ///
    /// - Parameter topic: the plain topic.
    /// - Throws: `broker`: `missing`, `denied` or `store`, as reading the topic's history would. `overloaded` where it can't be held.
    public func roster(of topic: TopicKey, as principal: Principal) async throws(PresenceFailure) -> PresenceRoster {
        do throws(BrokerError) {
            guard PresenceTopic.hasPresence(topic.name) else { throw .missing }
            let part = PresenceTopic.key(of: topic)
            let open = try await self.broker.topic(part, for: .look, as: principal)
            guard let id = open.access.record?.id else { throw .missing }
            let found = await self.readings.read(RosterReadings.Subject(part: part, topic: id)) {
                do throws(BrokerError) {
                    return .success(try await self.readVouching(part, of: id))
                } catch {
                    return .failure(error)
                }
            }
            return try found.get()
        } catch {
            if case .overloaded = error { throw .overloaded }
            throw .broker(error)
        }
    }

    private func readVouching(_ part: TopicKey, of id: String) async throws(BrokerError) -> PresenceRoster {
        let (roster, epoch) = try await self.read(part, of: id)
        let foreign = self.foreignLeases(of: roster, on: part)
        if self.leases != nil, !foreign.isEmpty { self.workArrived.yield(.vouch(foreign)) }
        return PresenceRoster(
            members: roster.sorted,
            counts: roster.counts,
            cursor: Cursor(epoch: epoch, at: roster.position)
        )
    }

    private static let attempts = 5

    /// Reads the whole stream. What is read is charged meanwhile.
    ///
    /// - Parameter id: the ``TopicRecord/id`` of the topic whose words count.
    /// - Returns: who is there, and the id of the epoch in which that is so.
    func read(_ part: TopicKey, of id: String) async throws(BrokerError) -> (Roster, epoch: UInt64) {
        var charged = 0
        defer { self.memory.release(charged, from: .presence) }
        for _ in 0..<Self.attempts {
            var reading = RosterReading(part)
            while true {
                let page = try await self.page(reading.request(at: self.now))
                let step = reading.take(page)
                let more = max(0, reading.cost - charged)
                guard self.memory.charge(more, to: .presence) else { throw .overloaded }
                charged += more
                switch step {
                case .goOn: continue
                case .done(let words, let bounds):
                    return (Roster(of: id, reading: words, through: bounds.last), bounds.epoch.id)
                case .anotherHistory: break
                }
                break
            }
        }
        throw .store(StoreError(.superseded, "the history of \(part) changes too often"))
    }

    private func page(_ request: ReadRequest) async throws(BrokerError) -> StoredPage {
        let result = await withCheckedContinuation { continuation in
            self.broker.read(request) { continuation.resume(returning: $0) }
        }
        switch result {
        case .success(let page): return page
        case .failure(let error): throw .store(error)
        }
    }
}
