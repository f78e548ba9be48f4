public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore: SharedDeadlines {
    public func deadlines(for purpose: DeadlinePurpose) -> any DeadlineStore {
        ValkeyDeadlines(store: self, key: self.layout.deadlines(purpose))
    }
}

/// One sorted set for all relays, by the times that relays say. The server's clock has no part in it.
private struct ValkeyDeadlines: DeadlineStore {
    let store: ValkeyStore
    let key: String

    /// What one script takes.
    private static let deadlinesAtOnce = 512

    func setDeadlines(_ deadlines: [Deadline]) async throws(StoreError) {
        try await self.set(deadlines, by: SetDeadlinesScript.script)
    }

    func addDeadlines(_ deadlines: [Deadline]) async throws(StoreError) {
        try await self.set(deadlines, by: AddDeadlinesScript.script)
    }

    private func set(_ deadlines: [Deadline], by script: ValkeyScript) async throws(StoreError) {
        for some in deadlines.chunks(of: Self.deadlinesAtOnce) {
            let arguments = some.flatMap { [ValkeyArgument($0.at.microseconds), ValkeyArgument($0.name.storedText)] }
            _ = try await self.store.run(script, keys: [self.key], arguments)
        }
    }

    func removeDeadlines(_ names: [Deadline.Name]) async throws(StoreError) {
        for some in names.chunks(of: Self.deadlinesAtOnce) {
            let arguments = some.map { ValkeyArgument($0.storedText) }
            _ = try await self.store.run(RemoveDeadlinesScript.script, keys: [self.key], arguments)
        }
    }

    func dueDeadlines(at now: Timestamp, limit: Int) async throws(StoreError) -> [Deadline] {
        let reply = try await self.store.run(
            DueDeadlinesScript.script,
            keys: [self.key],
            [
                .init(now.microseconds), .init(max(0, min(limit, Self.deadlinesAtOnce))),
                .init(now.adding(seconds: Self.claimSeconds).microseconds),
            ]
        )
        guard let parts = reply.array, parts.count.isMultiple(of: 2) else { throw .unexpected("to due deadlines") }
        return stride(from: 0, to: parts.count, by: 2).compactMap { place in
            guard let name = parts[place].text, let time = parts[place + 1].text.flatMap({ Double($0) }),
                let microseconds = Int64(exactly: time.rounded())
            else { return nil }
            return Deadline(name: Deadline.Name(storedText: name), at: Timestamp(microseconds: microseconds))
        }
    }
}

extension Deadline.Name {
    /// The topic's key, and behind a blank, which keys don't have, the peer.
    fileprivate var storedText: String { self.peer.map { "\(self.topic) \($0)" } ?? "\(self.topic)" }

    fileprivate init(storedText text: String) {
        let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(topic: TopicKey(storedText: String(parts[0])), peer: parts.count == 2 ? String(parts[1]) : nil)
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: self.count, by: size).map { self[$0..<Swift.min(self.count, $0 + size)] }
    }
}
