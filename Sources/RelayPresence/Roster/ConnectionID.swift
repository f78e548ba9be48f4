import RelayWire

/// Names a connection to all who may see that it is there. No two connections of all relays have the same.
///
/// It is no secret, and opens nothing.
public struct ConnectionID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    /// As an edge calls its connection already.
    ///
    /// - Parameter text: has to be drawn by chance, from 128 bits at least.
    /// - Returns: nil unless it has 1 to 64 of `A-Z a-z 0-9 _ -`, with at least one letter or digit.
    public init?(_ text: String) {
        guard ReaderNaming.allows(text) else { return nil }
        self.rawValue = text
    }

    private init(drawn text: String) { self.rawValue = text }

    /// 128 bits by chance, as 32 hexadecimal digits.
    public static func random() -> ConnectionID {
        ConnectionID(
            drawn: String(hexadecimal: UInt64.random(in: .min ... .max))
                + String(hexadecimal: UInt64.random(in: .min ... .max))
        )
    }

    public var description: String { self.rawValue }
}
