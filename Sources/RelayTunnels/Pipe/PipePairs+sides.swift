extension PipePairs.Side {
    /// As relays say it to each other: `opener` or `target`.
    public var text: String {
        switch self {
        case .opener: "opener"
        case .target: "target"
        }
    }

    /// - Returns: nil for a text that is neither of the two.
    public init?(text: String) {
        guard let side = Self.allCases.first(where: { $0.text == text }) else { return nil }
        self = side
    }
}
