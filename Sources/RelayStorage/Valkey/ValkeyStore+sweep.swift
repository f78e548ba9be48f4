public import RelayCore
import RelayValkey
public import RelayWire

/// A sweep looks at every stream once, in steps that take the server about a millisecond each. Marks and claims expire by themselves.
extension ValkeyStore {
    public func sweep(
        at now: Timestamp,
        retention: Retention
    ) async throws(StoreError) -> [TopicKey: StreamBounds] {
        let cutoff = RetentionCutoff(at: now, retention: retention)
        var trimmed: [TopicKey: StreamBounds] = [:]
        var cursor = "0"
        repeat {
            let (next, topics) = try await self.scan(from: cursor)
            for topic in topics {
                let (bounds, isTrimmed) = try await self.sweep(topic, at: now, cutoff)
                if isTrimmed { trimmed[topic] = bounds }
                if bounds.count == 0, bounds.last > .zero { try await self.forgetBounds(of: topic, bounds, cutoff) }
            }
            cursor = next
        } while cursor != "0"
        return trimmed
    }

    /// - Returns: some streams; the same one may come twice.
    private func scan(from cursor: String) async throws(StoreError) -> (next: String, topics: [TopicKey]) {
        let reply = try await self.send(
            "SCAN",
            cursor,
            "MATCH",
            .init(self.layout.statePattern),
            "COUNT",
            1000,
            "TYPE",
            "hash"
        )
        guard let parts = reply.array, parts.count == 2, let next = parts[0].text, let keys = parts[1].array else {
            throw .unexpected("to a SCAN")
        }
        return (next, keys.compactMap { $0.text.flatMap { self.layout.topic(ofState: $0) } })
    }

    private func sweep(
        _ topic: TopicKey,
        at now: Timestamp,
        _ cutoff: RetentionCutoff
    ) async throws(StoreError) -> (bounds: StreamBounds, isTrimmed: Bool) {
        let keys = self.layout.stream(topic).all
        let milliseconds = cutoff.messageMilliseconds.map { String($0) } ?? ""
        var isTrimmed = false
        while true {
            let reply = try await self.run(
                SweepScript.script,
                keys: keys,
                [.init(now.microseconds), .init(milliseconds), .init(StreamEpoch.new().text)]
            )
            guard let parts = reply.array, parts.count == 3 else { throw .unexpected("to a sweep") }
            if parts[1].integer == 1 { isTrimmed = true }
            if parts[2].integer != 1 { return (try StreamReply.bounds(parts[0]), isTrimmed) }
        }
    }

    /// Should the topic be created in between, its first message only begins another epoch.
    private func forgetBounds(
        of topic: TopicKey,
        _ bounds: StreamBounds,
        _ cutoff: RetentionCutoff
    ) async throws(StoreError) {
        guard bounds.last.milliseconds < cutoff.boundsMilliseconds else { return }
        guard try await self.send("EXISTS", self.layout.topicPrefix + topic.description).integer == 0 else { return }
        _ = try await self.run(
            ForgetScript.script,
            keys: self.layout.stream(topic).all,
            [.init(cutoff.boundsMilliseconds)]
        )
    }
}
