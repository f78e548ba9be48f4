import Crypto
import RelayWire
import Synchronization

/// Gives out the numbers that peers sign to prove their keys, and takes each back once.
///
/// A number says until when it is good, for which session, and that a relay of this cluster made it. So any relay takes it back, and none keeps
/// what it has given out. Each relay remembers which ones were answered there.
final class ProofNonces: Sendable {
    /// As many answers as one relay remembers; beyond it none is taken until the first has expired.
    private static let maxAnswered = 100_000

    private struct Answered {
        var nonces: Set<[UInt8]> = []
        /// In the order of their answers.
        var order: [(nonce: [UInt8], expiresAt: Timestamp)] = []
    }

    private let answered = Mutex(Answered())

    /// - Parameter key: the cluster's.
    func make(for session: SessionID, by key: SigningKey, at now: Timestamp) -> ProofChallenge {
        var generator = SystemRandomNumberGenerator()
        let expiresAt = now.adding(seconds: ProofChallenge.lifetimeSeconds)
        let head = Self.bytes(expiresAt.microseconds) + [UInt8].random(8, using: &generator)
        guard let challenge = ProofChallenge(nonce: head + Self.tag(head, session, key), expiresAt: expiresAt) else {
            preconditionFailure("a nonce has \(ProofChallenge.nonceBytes) bytes")
        }
        return challenge
    }

    /// - Returns: nil where it is none of ours, or was taken back before.
    func take(_ nonce: [UInt8], for session: SessionID, by key: SigningKey, at now: Timestamp) -> ProofChallenge? {
        guard nonce.count == ProofChallenge.nonceBytes else { return nil }
        let head = Array(nonce.prefix(16))
        guard Sodium.areEqual(Array(nonce.suffix(16)), Self.tag(head, session, key)) else { return nil }
        let microseconds = head.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let expiresAt = Timestamp(microseconds: microseconds)
        // Made by a clock that was ahead, and was set back since.
        guard expiresAt <= now.adding(seconds: ProofChallenge.lifetimeSeconds) else { return nil }
        guard self.remember(nonce, until: expiresAt, at: now) else { return nil }
        return ProofChallenge(nonce: nonce, expiresAt: expiresAt)
    }

    private func remember(_ nonce: [UInt8], until expiresAt: Timestamp, at now: Timestamp) -> Bool {
        self.answered.withLock { answered in
            // Those of a clock that was ahead are taken back no more.
            let latest = now.adding(seconds: ProofChallenge.lifetimeSeconds)
            let over = answered.order.prefix { $0.expiresAt <= now || $0.expiresAt > latest }
            for old in over { answered.nonces.remove(old.nonce) }
            answered.order.removeFirst(over.count)
            guard answered.nonces.count < Self.maxAnswered, answered.nonces.insert(nonce).inserted else { return false }
            answered.order.append((nonce, expiresAt))
            return true
        }
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Int64($0)) }
    }

    private static func tag(_ head: [UInt8], _ session: SessionID, _ key: SigningKey) -> [UInt8] {
        let message = head + Array(session.text.utf8)
        return Array(
            HMAC<SHA256>.authenticationCode(for: message, using: key.secret(for: "proof nonces, 1")).prefix(16)
        )
    }
}
