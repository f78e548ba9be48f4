/// What a device shows and a person types in: eight letters and digits that are hard to mistake for each other, and spell no words.
public struct UserCode: Hashable, Sendable, CustomStringConvertible {
    private static let alphabet = Array("BCDFGHJKLMNPQRSTVWXZ23456789".utf8)
    private static let length = 8

    /// Eight capital letters and digits.
    let letters: String

    /// - Parameter text: as somebody has typed it: in letters of either case, with hyphens and blanks anywhere.
    /// - Returns: nil where it is no such code.
    public init?(_ text: String) {
        guard text.utf8.count <= 64 else { return nil }
        let letters = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "-"): nil
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
            default: byte
            }
        }
        guard letters.count == Self.length, letters.allSatisfy(Self.alphabet.contains) else { return nil }
        self.letters = String(decoding: letters, as: UTF8.self)
    }

    private init(letters: String) {
        self.letters = letters
    }

    /// One of 378 thousand million, of which nobody can guess the next.
    static func random() -> UserCode {
        var generator = SystemRandomNumberGenerator()
        let letters = (0..<Self.length).map { _ in
            Self.alphabet[Int.random(in: Self.alphabet.indices, using: &generator)]
        }
        return UserCode(letters: String(decoding: letters, as: UTF8.self))
    }

    /// `XXXX-XXXX`.
    public var description: String { "\(self.letters.prefix(4))-\(self.letters.suffix(4))" }
}
