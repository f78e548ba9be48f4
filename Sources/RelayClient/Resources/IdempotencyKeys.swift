import RelayWire

/// Keys under which the relay stores a publish at most once, whatever gets lost on the way.
enum IdempotencyKeys {
    /// 32 hex digits of chance.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in String(hexadecimal: random.next() as UInt64) }.joined()
    }
}
