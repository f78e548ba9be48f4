public import RelayCore
import RelayValkey
import RelayWire

extension ValkeyStore {
    public func putSnapshot(_ snapshot: StreamSnapshot) async throws(StoreError) -> SnapshotOutcome {
        let result = await withCheckedContinuation { continuation in
            self.runDurably(
                PutSnapshotScript.script,
                keys: self.layout.stream(snapshot.topic).all,
                [
                    .init(StreamEpoch.new().text), .init(snapshot.known.epochText),
                    .init(snapshot.known.last.description), .init(snapshot.id.description),
                    .init(Int(snapshot.format.rawValue)), .init(snapshot.payload),
                    .init(snapshot.retention.supersededSince(snapshot.now)),
                ],
                until: self.goal(nil)
            ) { continuation.resume(returning: $0) }
        }
        let reply = try result.get()
        return reply.isNull ? .outdated : .stored(try StreamReply.bounds(reply))
    }
}

extension Retention {
    /// ``supersededMilliseconds(at:)`` as the scripts take it.
    func supersededSince(_ now: Timestamp) -> String {
        let milliseconds = self.supersededMilliseconds(at: now)
        return milliseconds == .max ? "" : String(milliseconds)
    }
}
