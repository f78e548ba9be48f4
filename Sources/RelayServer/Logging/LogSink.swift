/// Takes finished log lines.
public protocol LogSink: Sendable {
    /// - Parameter line: ends with a line feed, contains no other.
    func write(_ line: String)
}
