public import RelayCore
import RelayValkey
public import RelayWire

/// A sweep looks at every stream once, in steps that take the server about a millisecond each. Marks and claims expire by themselves.
///
/// A stream that is corrupt holds up no other, nor does a server that is away: the error in the end tells of it. What was trimmed has
/// been announced by then.
extension ValkeyStore {
    private static let streamsAtOnce = 32

    public func sweep(
        at now: Timestamp,
        retention: RetentionRule
    ) async throws(StoreError) -> [TopicKey: StreamBounds] {
        let cutoff = RetentionCutoff(at: now, retention: retention)
        var trimmed: [TopicKey: StreamBounds] = [:]
        var corruption: StoreError?
        var absence: StoreError?
        for node in self.server.masters {
            do {
                try await self.sweep(node, at: now, cutoff, &trimmed, &corruption)
            } catch {
                absence = error
            }
        }
        if self.waiting.isCluster {
            do throws(StoreError) { try await self.settling.sweep() } catch { absence = absence ?? error }
        }
        if let error = corruption ?? absence { throw error }
        return trimmed
    }

    /// Finds the streams of one server. One that is on its way to another may be found on both, or not this time.
    private func sweep(
        _ node: ValkeyNode,
        at now: Timestamp,
        _ cutoff: RetentionCutoff,
        _ trimmed: inout [TopicKey: StreamBounds],
        _ corruption: inout StoreError?
    ) async throws(StoreError) {
        var cursor = "0"
        repeat {
            let (next, topics) = try await self.scan(node, from: cursor)
            for start in stride(from: 0, to: topics.count, by: Self.streamsAtOnce) {
                let some = Array(topics[start..<min(topics.count, start + Self.streamsAtOnce)])
                for (topic, result) in try await self.sweep(some, at: now, cutoff) {
                    switch result {
                    case .failure(let error): corruption = error
                    case .success(let swept):
                        if swept.isTrimmed { trimmed[topic] = swept.bounds }
                        try await self.forgetBounds(of: topic, swept.bounds, cutoff)
                    }
                }
            }
            cursor = next
        } while cursor != "0"
    }

    /// - Returns: some streams; the same one may come twice.
    func scan(
        _ node: ValkeyNode,
        from cursor: String
    ) async throws(StoreError) -> (next: String, topics: [TopicKey]) {
        let pattern = ValkeyArgument(self.layout.statePattern)
        let command = ValkeyCommand("SCAN", .init(cursor), "MATCH", pattern, "COUNT", 1000, "TYPE", "hash")
        let reply = try await self.send(command, to: node)
        guard let parts = reply.array, parts.count == 2, let next = parts[0].text, let keys = parts[1].array else {
            throw .unexpected("to a SCAN")
        }
        return (next, keys.compactMap { $0.text.flatMap { self.layout.topic(ofState: $0) } })
    }

    private struct Swept {
        var bounds = StreamBounds()
        var isTrimmed = false
        var isDone = false

        init() {}

        init(_ reply: ValkeyReply, after before: Swept) throws(StoreError) {
            guard let parts = reply.array, parts.count == 3 else { throw .unexpected("to a sweep") }
            self.bounds = try StreamReply.bounds(parts[0])
            self.isTrimmed = before.isTrimmed || parts[1].integer == 1
            self.isDone = parts[2].integer != 1
        }
    }

    /// Takes a step of each, and then again of those that had more to do.
    ///
    /// - Returns: for each what came of it; the failures are `corrupt`.
    private func sweep(
        _ topics: [TopicKey],
        at now: Timestamp,
        _ cutoff: RetentionCutoff
    ) async throws(StoreError) -> [TopicKey: Result<Swept, StoreError>] {
        var results: [TopicKey: Result<Swept, StoreError>] = [:]
        var pending = topics.map { topic in
            (
                topic: topic, kept: cutoff.messageMilliseconds(of: topic).map { String($0) } ?? "",
                superseded: cutoff.supersededSince(of: topic), swept: Swept()
            )
        }
        while !pending.isEmpty {
            let replies = await self.concurrently(pending.count) { [pending] place, completion in
                self.run(
                    SweepScript.script,
                    keys: self.layout.stream(pending[place].topic).all,
                    [
                        .init(now.microseconds), .init(pending[place].kept), .init(StreamEpoch.new().text),
                        .init(pending[place].superseded),
                    ],
                    completion: completion
                )
            }
            var unfinished = pending
            unfinished.removeAll()
            for (var one, reply) in zip(pending, replies) {
                do throws(StoreError) {
                    one.swept = try Swept(try reply.get(), after: one.swept)
                    results[one.topic] = .success(one.swept)
                    if !one.swept.isDone { unfinished.append(one) }
                } catch {
                    guard error.code == .corrupt else { throw error }
                    results[one.topic] = .failure(error)
                }
            }
            pending = unfinished
        }
        return results
    }

    /// Should the topic be created in between, its first message only begins another epoch.
    private func forgetBounds(
        of topic: TopicKey,
        _ bounds: StreamBounds,
        _ cutoff: RetentionCutoff
    ) async throws(StoreError) {
        guard bounds.count == 0, bounds.last > .zero, bounds.last.milliseconds < cutoff.boundsMilliseconds else {
            return
        }
        // A part's bounds stay while its root is there.
        let record = self.layout.record(topic.isPath ? topic.pathRoot : topic)
        guard try await self.send("EXISTS", record).integer == 0 else { return }
        _ = try await self.run(
            ForgetScript.script,
            keys: self.layout.stream(topic).all,
            [.init(cutoff.boundsMilliseconds)]
        )
    }
}
