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

/// Makes tokens and verifies them. Nobody without the key can make one, or turn it into that of another attempt.
///
/// A punch request shows its token and its session, and any relay's port may get it. So a token says itself when it ends. It has 32 bytes, which are
/// 43 characters of base64url:
///
/// | bytes | |
/// | --- | --- |
/// | 6 | its end, in milliseconds since 1970, in network order |
/// | 10 | the attempt: HMAC-SHA256 over all of its fields, cut off |
/// | 16 | HMAC-SHA256 over the session and the bytes before, cut off |
///
/// Each field that is signed has its length before it, in four bytes.
struct PunchTokenKey: Sendable {
    private static let label = "punch-token"
    private static let size = 43
    private static let endBytes = 6
    private static let headBytes = 16

    private let key: SymmetricKey

    /// - Parameter secret: the relay's.
    init(secret: String) {
        self.key = PortKey.derive(from: secret, for: Self.label)
    }

    func token(_ attempt: PunchAttempt) -> String {
        let end = UInt64(clamping: attempt.expiresAt)
        var head = Array(Self.bytes(end).suffix(Self.endBytes))
        let numbers = [UInt64(bitPattern: attempt.startsAt), UInt64(bitPattern: attempt.expiresAt), attempt.nonce]
        let texts = ["\(Self.label) attempt", attempt.session, attempt.from, attempt.to].map { Array($0.utf8) }
        head += self.code(texts + numbers.map(Self.bytes)).prefix(Self.headBytes - Self.endBytes)
        return Base64URL.encode(head + self.seal(head, attempt.session))
    }

    /// - Parameter now: milliseconds since 1970.
    func verifies(_ token: String, of session: String, at now: Int64) -> Bool {
        // What is of another length, or over, costs no signature.
        guard token.utf8.count == Self.size, let bytes = Base64URL.decode(token.utf8) else { return false }
        let head = Array(bytes.prefix(Self.headBytes))
        let end = head.prefix(Self.endBytes).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard now < Int64(end) else { return false }
        // The time that it takes tells nothing of where the two differ.
        let pairs = zip(bytes.dropFirst(Self.headBytes), self.seal(head, session))
        return pairs.reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func seal(_ head: [UInt8], _ session: String) -> [UInt8] {
        Array(self.code([Array(Self.label.utf8), Array(session.utf8), head]).prefix(Self.headBytes))
    }

    private func code(_ fields: [[UInt8]]) -> [UInt8] {
        var code = HMAC<SHA256>(key: self.key)
        for field in fields { Self.add(field, to: &code) }
        return Array(code.finalize())
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
