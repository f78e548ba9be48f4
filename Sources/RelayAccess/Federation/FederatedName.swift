import Crypto
import RelayWire

/// What a user is called who comes from elsewhere.
///
/// Pure: who has which name already the store says.
struct FederatedName: Sendable {
    private static let lengths = 3...50
    /// Names that are tried before the last, which nobody guesses.
    private let fixed: [String]
    private let provider: String

    /// - Parameters:
    ///   - wanted: what the provider says, best first. The first that is of any use is taken.
    ///   - provider: the provider's name in the configuration.
    init(_ wanted: [String?], provider: String, subject: String) {
        let name = wanted.lazy.compactMap { $0.flatMap(Self.fitting) }.first ?? Self.padded("user")
        let digest = String(hexadecimal: SHA256.hash(data: Array(subject.utf8)))
        self.provider = provider
        self.fixed = [
            name, Self.joined(name, provider),
            Self.joined(name, "\(provider)-\(Self.short(subject) ?? String(digest.prefix(8)))"),
        ]
    }

    /// The names to be tried, in their order. The last is another each time.
    var candidates: [String] {
        self.fixed + [Self.joined(self.fixed[0], "\(self.provider)-\(SecureRandom.hex128().prefix(12))")]
    }

    /// The beginning of the subject, where that may stand in a name.
    private static func short(_ subject: String) -> String? {
        let start = subject.unicodeScalars.prefix(8)
        return start.count == 8 && start.allSatisfy(Self.isFit) ? String(String.UnicodeScalarView(start)) : nil
    }

    /// - Returns: nil for a text of which nothing is left.
    private static func fitting(_ text: String) -> String? {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(Self.lengths.upperBound) {
            scalars.append(Self.isFit(scalar) ? scalar : "-")
        }
        return scalars.contains { $0 != "-" } ? Self.padded(String(scalars)) : nil
    }

    private static func isFit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "@", "+", "-": true
        default: false
        }
    }

    private static func padded(_ name: String) -> String {
        name + String(repeating: "-", count: max(0, Self.lengths.lowerBound - name.unicodeScalars.count))
    }

    /// The name is cut, and its end never is: that is what tells it from another's.
    private static func joined(_ name: String, _ end: String) -> String {
        let room = max(Self.lengths.lowerBound, Self.lengths.upperBound - end.count - 1)
        return "\(name.prefix(room))-\(end)"
    }
}
