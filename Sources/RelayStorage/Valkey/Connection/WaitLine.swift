/// What a connection waits for on behalf of what it has written.
enum WaitGoal: Hashable {
    case replicas
    case disk
}

/// Lets one batch of calls wait at a time, and gathers what comes meanwhile into the next. What it holds is bounded by its callers:
/// a topic has one append under way.
struct WaitLine<Call> {
    /// Beyond it what is left goes with the batch after.
    private static var maxCalls: Int { 64 }

    private var isWaiting = false
    private var next: [Call] = []

    /// - Returns: what to send now; nil where it goes with a later batch.
    mutating func add(_ call: Call) -> [Call]? {
        guard self.isWaiting else {
            self.isWaiting = true
            return [call]
        }
        self.next.append(call)
        return nil
    }

    /// The batch that was sent has its answer.
    ///
    /// - Returns: what to send now, if anything.
    mutating func finished() -> [Call]? {
        guard !self.next.isEmpty else {
            self.isWaiting = false
            return nil
        }
        let batch = Array(self.next.prefix(Self.maxCalls))
        self.next.removeFirst(batch.count)
        return batch
    }
}
