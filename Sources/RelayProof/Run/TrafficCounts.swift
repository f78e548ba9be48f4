import RelayClient

/// What the relay answered, and how often nobody did.
public struct TrafficCounts: Sendable, Hashable {
    /// Answers over HTTP, by status. A 401 that a fresh token cured is not among them.
    public internal(set) var statuses: [Int: Int] = [:]
    /// Connections that could not be made or that broke, and answers that did not come in time.
    public internal(set) var connectionErrors = 0
    /// Connections that readers made after their first.
    public internal(set) var resumes = 0
    /// Publishes on a WebSocket that were answered with an error.
    public internal(set) var refusedFrames = 0

    public init() {}

    mutating func answered(_ status: Int) {
        self.statuses[status, default: 0] += 1
    }

    mutating func failed(_ error: any Error) {
        if let status = (error as? RelayError)?.status {
            self.answered(status)
        } else {
            self.connectionErrors += 1
        }
    }
}
