import NIOCore

/// What became of one message to the collector.
enum ExportOutcome: Hashable, Sendable {
    /// - Parameter answer: the collector's, which may be nothing sensible.
    case accepted(answer: ByteBuffer)
    /// It may be taken later.
    ///
    /// - Parameter after: how long the collector asks to wait; nil where it does not say.
    case later(_ reason: String, after: Duration?)
    /// The same message will never be taken.
    case refused(_ reason: String)
}

/// Brings messages to a collector.
protocol OTLPTransport: Sendable {
    /// - Parameters:
    ///   - signal: what the message is of.
    ///   - message: an export request, encoded.
    ///   - limit: from now to the answer's end.
    func send(_ signal: TelemetrySignal, _ message: ByteBuffer, within limit: TimeAmount) async -> ExportOutcome

    /// Ends all connections. To be called once, last.
    func close() async
}

/// What every request of either kind has.
enum TransportLimits {
    /// For a connection, TLS included.
    static let connecting = TimeAmount.seconds(5)
    /// Of an answer that is read, bytes: those of the protocol are some hundred.
    static let answerBytes = 64 << 10
    /// A collector that asks for more is asked sooner.
    static let longestPause = 300

    /// How long to wait, by a `Retry-After` in seconds. A date, which it may be too, is not read.
    static func pause(_ text: String?) -> Duration? {
        guard let text, let seconds = Int(text), seconds >= 0 else { return nil }
        return .seconds(min(seconds, self.longestPause))
    }
}
