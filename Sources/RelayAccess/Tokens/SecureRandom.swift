import FoundationEssentials
import RelayWire

/// Values that nobody can guess: from the system's generator.
enum SecureRandom {
    static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// 32 lower-case hex digits, of 16 random bytes.
    static func hex128() -> String {
        String(hexadecimal: Self.bytes(16))
    }

    /// A version 4 UUID in lower case.
    static func uuid() -> String {
        UUID().uuidString.lowercased()
    }
}
