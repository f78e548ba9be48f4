import Crypto
import RelayAccess

/// What a punch token is for: one attempt of one pair of peers, which show by it that they were told to try.
struct PunchAttempt: Hashable, Sendable {
    var session: String
    /// Peer ids, in the order of who asks whom.
    var from: String
    var to: String
    /// When both begin, in milliseconds since 1970.
    var startsAt: Int64
    /// When the token ends, likewise.
    var expiresAt: Int64
    /// Random: makes two attempts of one pair in one millisecond differ.
    var nonce: UInt64
}

/// Signs attempts. Nobody without the key can make a token, or turn one into that of another attempt.
struct PunchTokenKey: Sendable {
    private static let label = "punch-token"

    private let key: SymmetricKey

    /// - Parameter secret: the relay's.
    init(secret: String) {
        self.key = PortKey.derive(from: secret, for: Self.label)
    }

    /// HMAC-SHA256 over the attempt's fields, each behind its length in four bytes: 43 characters of base64url.
    func token(_ attempt: PunchAttempt) -> String {
        var code = HMAC<SHA256>(key: self.key)
        for text in [Self.label, attempt.session, attempt.from, attempt.to] { Self.add(Array(text.utf8), to: &code) }
        for number in [UInt64(bitPattern: attempt.startsAt), UInt64(bitPattern: attempt.expiresAt), attempt.nonce] {
            Self.add(Self.bytes(number), to: &code)
        }
        return Base64URL.encode(code.finalize())
    }

    private static func add(_ field: [UInt8], to code: inout HMAC<SHA256>) {
        code.update(data: Self.bytes(UInt32(truncatingIfNeeded: field.count)))
        code.update(data: field)
    }

    /// In network order.
    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<number.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
