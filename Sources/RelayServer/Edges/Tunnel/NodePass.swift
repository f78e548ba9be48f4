import Crypto
import RelayAccess
import RelayTunnels

/// What one relay asks another for: an end of a tunnel whose ends meet there.
struct NodePass: Hashable, Sendable {
    /// The relay that is asked, by its address.
    let node: String
    let session: String
    let tunnel: String
    /// The peer's whose bytes will come.
    let side: PipePairs<TunnelEndReference>.Side
}

/// Signs passes, and checks them. Relays with the same secret have the same key, and nobody else has it.
struct NodePassKey: Sendable {
    private static let label = "tunnel between relays"
    /// How long a pass is in force, in milliseconds. Clocks may differ by as much.
    static let lifetime: Int64 = 30_000

    private let key: SymmetricKey

    /// - Parameter secret: the relays'.
    init(secret: String) {
        self.key = PortKey.derive(from: secret, for: Self.label)
    }

    /// - Parameter now: milliseconds since 1970.
    /// - Returns: its end in eight bytes, and an HMAC-SHA256 of what is asked for and of that: base64url.
    func text(_ pass: NodePass, at now: Int64) -> String {
        let end = now + Self.lifetime
        let code = HMAC<SHA256>.authenticationCode(for: Self.signed(pass, end), using: self.key)
        return Base64URL.encode(Self.bytes(end) + Array(code))
    }

    /// Whether `text` is a pass for this, and in force.
    func admits(_ text: String, for pass: NodePass, at now: Int64) -> Bool {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text.utf8), bytes.count == 8 + SHA256.byteCount else {
            return false
        }
        let end = bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard (now...now + 2 * Self.lifetime).contains(end) else { return false }
        let code = bytes.dropFirst(8)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Self.signed(pass, end), using: self.key)
    }

    /// Each text behind its length, so that none can pass for a part of another.
    private static func signed(_ pass: NodePass, _ end: Int64) -> [UInt8] {
        let side = pass.side == .opener ? "opener" : "target"
        let texts = [Self.label, pass.node, pass.session, pass.tunnel, side]
        return texts.flatMap { Self.bytes(Int64($0.utf8.count)) + Array($0.utf8) } + Self.bytes(end)
    }

    /// In network order.
    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
