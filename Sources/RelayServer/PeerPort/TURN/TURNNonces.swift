import Crypto
import NIOCore
import RelayAccess
import RelayWire

/// Nonces that nobody has to remember: when one was given out, signed together with who got it.
struct TURNNonces: Sendable {
    enum Verdict: Hashable {
        case valid
        /// Once ours, or another client's, or nobody's: the client is told a new one.
        case stale
    }

    /// After so long a client is told a new one (RFC 8656, 5).
    static let life = TimeAmount.hours(1)
    /// Of the signature, bytes. With the time it makes 22 characters, so that an answer without a signed request stays short.
    private static let codeSize = 12

    private let key: SymmetricKey

    /// - Parameter secret: of this process: by uptime, a nonce means nothing to another.
    init(secret: SymmetricKey) {
        self.key = secret
    }

    func issue(to client: TransportAddress, at now: NIODeadline) -> String {
        self.nonce(Self.seconds(now), client)
    }

    func verify(_ nonce: String, of client: TransportAddress, at now: NIODeadline) -> Verdict {
        guard nonce.utf8.count == 22, let bytes = Base64URL.decode(Array(nonce.utf8)), bytes.count == 4 + Self.codeSize
        else { return .stale }
        let issued = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let age = Self.seconds(now).subtractingReportingOverflow(issued)
        guard !age.overflow, TimeAmount.seconds(Int64(age.partialValue)) < Self.life else { return .stale }
        let expected = self.nonce(issued, client)
        let difference = zip(expected.utf8, nonce.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
        return difference == 0 ? .valid : .stale
    }

    private static func seconds(_ now: NIODeadline) -> UInt32 {
        UInt32(truncatingIfNeeded: now.uptimeNanoseconds / 1_000_000_000)
    }

    private func nonce(_ seconds: UInt32, _ client: TransportAddress) -> String {
        var bytes = ByteBuffer()
        bytes.writeInteger(seconds)
        switch client.address {
        case .v4(let address): bytes.writeMultipleIntegers(UInt8(4), client.port, address)
        case .v6(let high, let low): bytes.writeMultipleIntegers(UInt8(6), client.port, high, low)
        }
        let code = HMAC<SHA256>.authenticationCode(for: Array(bytes.readableBytesView), using: self.key)
        return Base64URL.encode(Array(bytes.readableBytesView.prefix(4)) + code.prefix(Self.codeSize))
    }
}
