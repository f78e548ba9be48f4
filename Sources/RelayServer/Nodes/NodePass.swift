import Crypto
import RelayAccess

/// What one relay asks another for: a connection that stands for a peer that has come to the first.
struct NodePass: Hashable, Sendable {
    /// What the connection is.
    enum Claim: Hashable, Sendable {
        /// An end of a tunnel whose ends meet there: `opener` or `target`.
        case tunnel(String, side: String)
        /// A peer of a tunnel of proxy frames that is kept there.
        case proxy(String, peer: String)
        /// A peer that has its QUIC connection there, for one of the relay that asks.
        case quic(to: String, from: String)
        /// An administrator's question.
        case inquiry(String)
    }

    /// The relay that is asked, by its address.
    let node: String
    /// Empty where it is about none.
    let session: String
    let claim: Claim

    /// What comes before the id in the paths of two, and the paths of the others.
    static let tunnels = "/v1/node/tunnels/"
    static let proxies = "/v1/node/proxies/"
    static let quic = "/v1/node/quic"
    static let inquiry = "/v1/node/inquiry"

    /// Where it is asked for.
    var path: String {
        switch self.claim {
        case .tunnel(let id, let side):
            "\(Self.tunnels)\(id)?session_id=\(self.session)&side=\(side)"
        case .proxy(let id, let peer):
            "\(Self.proxies)\(id)?session_id=\(self.session)&peer_id=\(FormText.encoded(peer))"
        case .quic(let target, let opener):
            "\(Self.quic)?session_id=\(self.session)&to_peer_id=\(FormText.encoded(target))"
                + "&from_peer_id=\(FormText.encoded(opener))"
        case .inquiry(let question):
            "\(Self.inquiry)?ask=\(FormText.encoded(question))"
        }
    }

    /// All that it says, in an order that is its own.
    fileprivate var texts: [String] {
        switch self.claim {
        case .tunnel(let id, let side): ["tunnel", self.node, self.session, id, side]
        case .proxy(let id, let peer): ["proxy", self.node, self.session, id, peer]
        case .quic(let target, let opener): ["quic", self.node, self.session, target, opener]
        case .inquiry(let question): ["inquiry", self.node, self.session, question]
        }
    }
}

/// What tells two passes for the same apart.
struct NodePassNumber: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    static func random(using generator: inout some RandomNumberGenerator) -> NodePassNumber {
        NodePassNumber(high: generator.next(), low: generator.next())
    }
}

/// Signs passes, and checks them. Relays with the same secret have the same key, and nobody else has it.
struct NodePassKey: Sendable {
    private static let label = "tunnel between relays"
    /// How long a pass is in force, in milliseconds. Clocks may differ by as much.
    static let lifetime: Int64 = 30_000
    /// Of the end and the number.
    private static let headSize = 24

    private let key: SymmetricKey

    /// - Parameter secret: the relays'.
    init(secret: String) {
        self.key = PortKey.derive(from: secret, for: Self.label)
    }

    /// - Parameters:
    ///   - now: milliseconds since 1970.
    ///   - number: random.
    /// - Returns: its end in eight bytes, the number in 16, and an HMAC-SHA256 of what is asked for and of those: base64url.
    func text(_ pass: NodePass, at now: Int64, _ number: NodePassNumber) -> String {
        let head = Self.bytes(now + Self.lifetime) + Self.bytes(number.high) + Self.bytes(number.low)
        let code = HMAC<SHA256>.authenticationCode(for: Self.signed(pass, head), using: self.key)
        return Base64URL.encode(head + Array(code))
    }

    /// Checks that `text` is a pass for this, and in force.
    ///
    /// - Returns: its number, by which it is known when it is shown again; nil where it is none.
    func number(of text: String, for pass: NodePass, at now: Int64) -> NodePassNumber? {
        guard text.utf8.count <= 80, let bytes = Base64URL.decode(text.utf8),
            bytes.count == Self.headSize + SHA256.byteCount
        else { return nil }
        let head = Array(bytes.prefix(Self.headSize))
        guard (now...now + 2 * Self.lifetime).contains(Int64(bitPattern: Self.integer(head[..<8]))) else { return nil }
        let isSigned = HMAC<SHA256>.isValidAuthenticationCode(
            bytes.dropFirst(Self.headSize),
            authenticating: Self.signed(pass, head),
            using: self.key
        )
        return isSigned ? NodePassNumber(high: Self.integer(head[8..<16]), low: Self.integer(head[16...])) : nil
    }

    /// Each text behind its length, so that none can pass for a part of another.
    private static func signed(_ pass: NodePass, _ head: [UInt8]) -> [UInt8] {
        ([Self.label] + pass.texts).flatMap { Self.bytes($0.utf8.count) + Array($0.utf8) } + head
    }

    /// In network order.
    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
