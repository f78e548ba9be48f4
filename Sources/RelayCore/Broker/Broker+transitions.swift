import Foundation
public import NIOCore
import RelayWire

/// What a kind makes of the state that it keeps with a root topic.
public enum KindChange<Value: Sendable>: Sendable {
    /// Nothing changes.
    case keep(Value)
    /// The new state, and what the topic's readers are told of it.
    case store(ByteBuffer, telling: [Draft], Value)
    /// The topic ends, with its parts.
    case delete(Value)
}

/// Why a transition did not happen.
public enum TransitionFailure<Refusal: Error>: Error {
    /// The kind decided against it.
    case refused(Refusal)
    /// The topic could not be read or stored. Where the store's outcome is unknown, it may have happened.
    case broker(BrokerError)
}

/// Root topics whose kinds keep a state, and what the relay itself says.
extension Broker {
    /// Changes the state of a root topic, creates the topic with its first state, or ends it. State and messages are stored in one step, so
    /// readers are told of each change exactly once, on whichever relay it is decided.
    ///
    /// - Parameters:
    ///   - owner: whose the topic is if it is new.
    ///   - quota: how many topics of the kind there may be.
    ///   - decide: gets the topic's access with the state in it, as it is stored; ``TopicAccess/missing`` where there is no topic. Called
    ///     again where another relay came first. It must not call the broker.
    public func transition<Value: Sendable, Refusal: Error>(
        _ key: TopicKey,
        owner: UserID = Principal.relay.id,
        within quota: TopicQuota = .unlimited,
        _ decide: (TopicAccess) throws(Refusal) -> KindChange<Value>
    ) async throws(TransitionFailure<Refusal>) -> Value {
        try await self.topicLock.withLock(key) { () async throws(TransitionFailure<Refusal>) in
            try await self.decided(key, owner, quota, decide)
        }
    }

    /// How often a decision is taken again because another relay came first.
    private static let maxConflicts = 16

    /// How often what the relay says follows a stream whose epoch changes under it.
    private static let maxEpochs = 5

    /// Publishes what the relay itself has to say, to a topic of any kind that exists.
    ///
    /// - Throws: `missing`, `overloaded`, or `store`.
    public func announce(_ drafts: [Draft], to key: TopicKey) async throws(BrokerError) {
        _ = try await self.say(drafts, to: key, of: nil)
    }

    /// The same, to a topic of which more is known than its name: what is meant for one that was deleted is not said in the next one.
    ///
    /// - Parameter id: the ``TopicRecord/id`` that the topic, or that of which it is a part, has to have.
    /// - Returns: what became of each draft, in order.
    /// - Throws: `missing`, also for another topic than was meant; `overloaded`, or `store`.
    public func announce(
        _ drafts: [Draft],
        to key: TopicKey,
        of id: String
    ) async throws(BrokerError) -> [Publication] {
        try await self.say(drafts, to: key, of: id)
    }

    /// - Parameter id: nil for whatever topic there is.
    private func say(_ drafts: [Draft], to key: TopicKey, of id: String?) async throws(BrokerError) -> [Publication] {
        var epochs = 0
        while true {
            let topic = try await self.reading { () async throws(StoreError) in try await self.topic(key) }
            guard let record = topic.access.record, record.id == id ?? record.id else { throw .missing }
            guard let result = await self.say(drafts, in: topic, of: record.id) else { continue }
            do throws(BrokerError) {
                return try result.get()
            } catch {
                guard case .store(let reason) = error, reason.code == .superseded, epochs < Self.maxEpochs else {
                    throw error
                }
            }
            // Another history has begun, perhaps because the topic is another by now.
            epochs += 1
            try await self.topicsChanged([self.catalog.root(of: key)])
        }
    }

    /// - Returns: nil where the topic has moved.
    private func say(_ drafts: [Draft], in topic: Topic, of id: String) async -> Result<[Publication], BrokerError>? {
        await withCheckedContinuation { continuation in
            let enqueued = topic.enqueue(ofRelay: drafts, of: id) {
                continuation.resume(returning: $0.mapError(BrokerError.store))
            }
            switch enqueued {
            case .accepted: self.reclaimMemoryIfNeeded()
            case .moved: continuation.resume(returning: nil)
            case .overloaded, .tooManyOfPublisher: continuation.resume(returning: .failure(.overloaded))
            }
        }
    }
}

// MARK: - Steps

extension Broker {
    /// The caller holds the key's lock.
    private func decided<Value: Sendable, Refusal: Error>(
        _ key: TopicKey,
        _ owner: UserID,
        _ quota: TopicQuota,
        _ decide: (TopicAccess) throws(Refusal) -> KindChange<Value>
    ) async throws(TransitionFailure<Refusal>) -> Value {
        for _ in 0..<Self.maxConflicts {
            let access: TopicAccess
            do throws(StoreError) { access = try await self.load(key).access } catch { throw .broker(.store(error)) }
            let change: KindChange<Value>
            do throws(Refusal) { change = try decide(access) } catch { throw .refused(error) }
            let step: (record: TopicRecord?, drafts: [Draft], value: Value)
            switch change {
            case .keep(let value): return value
            case .delete(let value) where access.record == nil: return value
            case .delete(let value): step = (nil, [], value)
            case .store(let bytes, let drafts, let value):
                step = (self.record(key, access.record, bytes, owner), drafts, value)
            }
            do throws(BrokerError) {
                if try await self.carryOut(key, access, step.record, step.drafts, quota) { return step.value }
            } catch {
                throw .broker(error)
            }
        }
        throw .broker(.store(StoreError(.superseded, "the topic changes too often")))
    }

    private func record(_ key: TopicKey, _ known: TopicRecord?, _ bytes: ByteBuffer, _ owner: UserID) -> TopicRecord {
        var record =
            known
            ?? TopicRecord(
                id: UUID().uuidString.lowercased(),
                key: key,
                kind: self.catalog.behavior(of: key.name).kind,
                owner: owner,
                createdAt: self.clock.now(),
                isPublic: false,
                description: nil
            )
        // A topic that is made anew does not begin where the one before it did: what was decided from that one is not stored over this.
        let before = known?.state?.revision ?? UInt64(clamping: self.clock.now().microseconds)
        record.state = StoredState(bytes: bytes, revision: before + 1)
        return record
    }

    /// Stores one step. The caller holds the key's lock.
    ///
    /// - Parameters:
    ///   - access: what the step was decided from.
    ///   - record: what the topic becomes; nil ends it.
    /// - Returns: false where the topic is another by now: it has been read again, and is to be decided on anew.
    private func carryOut(
        _ key: TopicKey,
        _ access: TopicAccess,
        _ record: TopicRecord?,
        _ drafts: [Draft],
        _ quota: TopicQuota
    ) async throws(BrokerError) -> Bool {
        let topic = try await self.reading { () async throws(StoreError) in try await self.closed(key) }
        let transition = TopicTransition(
            key: key,
            expected: access.record == nil ? nil : access.record?.state?.revision ?? 0,
            record: record,
            batch: drafts.isEmpty ? nil : topic.firstBatch(drafts),
            erased: record == nil ? self.erased(with: key, access) : [],
            quota: quota
        )
        let outcome: TransitionOutcome
        do throws(StoreError) {
            outcome = try await self.store.transition(transition)
        } catch {
            topic.abandonCreation(error)
            if error.code != .unavailable { await self.lookAgain(topic) }
            // Another history has begun: its readers are told, and the step is decided anew.
            if error.code == .superseded { return false }
            throw .store(error)
        }
        switch outcome {
        case .changed(let stored, let receipt):
            self.finish(topic, stored, drafts, receipt)
            return true
        case .deleted(let bounds):
            await self.finishDeletion(of: topic, key, bounds, transition.erased)
            return true
        case .conflict:
            topic.reopen()
            try await self.reading { () async throws(StoreError) in try await self.refresh(key) }
            return false
        case .refused(let bound):
            topic.reopen()
            throw bound == .inAll ? .full : .quota(.topicsOfUser(quota.maxPerUser))
        }
    }

    private func finish(_ topic: Topic, _ stored: StoredTopic, _ drafts: [Draft], _ receipt: AppendReceipt?) {
        let access = self.access(stored)
        if let receipt {
            topic.finishCreation(access, drafts, receipt)
            self.reclaimMemoryIfNeeded()
        } else {
            topic.apply(access)
            topic.reopen()
        }
        self.applyToParts(of: topic.key, access)
    }

    /// The topic of `key` is deleted in the store, with its parts. The caller holds the key's lock.
    ///
    /// - Parameters:
    ///   - topic: nil where it is not in memory.
    ///   - bounds: of its stream, left behind.
    ///   - erased: streams of its parts.
    func finishDeletion(
        of topic: Topic?,
        _ key: TopicKey,
        _ bounds: StreamBounds,
        _ erased: [TopicKey]
    ) async {
        topic?.finishDeletion(bounds: bounds)
        let parts = self.table.parts(of: key)
        for part in parts { part.finishDeletion(bounds: part.bounds.emptied) }
        guard self.hasHotStore, !erased.isEmpty else { return }
        // They are in memory: what can't be erased now ends by its age.
        try? await self.streams(of: .hot).erase(erased)
    }

    private func erased(with key: TopicKey, _ access: TopicAccess) -> [TopicKey] {
        access.state?.parts.map { TopicKey(name: $0, namespace: key.namespace) } ?? []
    }
}
