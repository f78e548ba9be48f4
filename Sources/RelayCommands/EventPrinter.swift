public import RelayClient

/// Where the lines that a subscription gives rise to go.
public struct EventPrinter: Sendable {
    public enum Line: Hashable, Sendable {
        /// A result: standard output.
        case result(String)
        /// For whoever watches: standard error.
        case notice(String)
    }

    private let format: OutputFormat
    /// How a message is shown to people.
    private let text: @Sendable (RelayMessage) -> String

    public init(format: OutputFormat) {
        self.init(format: format) { OutputFormat.human.line($0) }
    }

    /// - Parameter text: how a message is shown to people.
    public init(format: OutputFormat, text: @escaping @Sendable (RelayMessage) -> String) {
        self.format = format
        self.text = text
    }

    /// Messages are results. So are gaps where programs read: they change what the messages mean.
    public func line(_ event: SubscriptionEvent) -> Line {
        switch event {
        case .subscribed(let topics, _):
            return .notice("subscribed to \(topics.joined(separator: ", "))")
        case .message(let message):
            switch self.format {
            case .json: return .result(self.format.line(message))
            case .human: return .result(self.text(message))
            }
        case .gap(let gap):
            return self.line(gap)
        case .error(let code, let message):
            return .notice("the relay says: \(message) (\(code))")
        case .reconnecting(let reason, let delay):
            let seconds = Int((delay / .seconds(1)).rounded(.up))
            return .notice("\(reason); trying again in \(seconds) s")
        }
    }

    public func line(_ gap: MessageGap) -> Line {
        switch self.format {
        case .json: .result(self.format.line(gap))
        case .human: .notice(self.format.line(gap))
        }
    }
}
