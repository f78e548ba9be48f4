/// How a reader or a publisher speaks with the relay.
public enum ReaderKind: String, Sendable, Hashable, CaseIterable {
    case websocket
    case poll
    case sse
}

/// How many readers there are of each kind.
public struct ReaderMix: Sendable, Hashable {
    /// Readers of all kinds together, at most.
    public static let maxCount = 1000

    /// One entry for each reader.
    public let kinds: [ReaderKind]

    /// - Parameter text: `websocket:4,poll:4,sse:4`; a kind without a number is one reader.
    /// - Returns: nil for anything else, for no reader, and for more than ``maxCount``.
    public init?(_ text: String) {
        var kinds: [ReaderKind] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let kind = ReaderKind(rawValue: String(pair[0])),
                let count = pair.count == 1 ? 1 : Int(pair[1]), (0...Self.maxCount).contains(count)
            else { return nil }
            kinds += Array(repeating: kind, count: count)
            guard kinds.count <= Self.maxCount else { return nil }
        }
        guard !kinds.isEmpty else { return nil }
        self.kinds = kinds
    }
}
