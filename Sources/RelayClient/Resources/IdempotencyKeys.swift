/// Keys under which the relay stores a publish at most once, whatever gets lost on the way.
enum IdempotencyKeys {
    /// 32 hex digits of chance.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(random.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
