import Glibc

extension IPAddress {
    /// - Parameter text: without a zone.
    /// - Returns: nil where the text is no address.
    public init?(_ text: String) {
        var v4 = UInt32(0)
        if unsafe inet_pton(AF_INET, text, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4))
            return
        }
        var v6 = (UInt64(0), UInt64(0))
        guard unsafe inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        self = .v6(UInt64(bigEndian: v6.0), UInt64(bigEndian: v6.1))
    }

    /// `192.0.2.1`, `2001:db8:0:0:0:0:0:1`.
    public var text: String {
        switch self {
        case .v4(let value):
            return [24, 16, 8, 0].map { String(value >> UInt32($0) & 0xFF) }.joined(separator: ".")
        case .v6(let high, let low):
            let words = [high, low].flatMap { half in [48, 32, 16, 0].map { half >> UInt64($0) & 0xFFFF } }
            return words.map { String($0, radix: 16) }.joined(separator: ":")
        }
    }
}
