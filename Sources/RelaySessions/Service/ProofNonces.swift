import Crypto
import RelayWire

/// The numbers that peers sign to prove their keys. Nothing is kept of those that are given out.
///
/// A number says until when it is good, for which session, and that a relay of this cluster made it. So any relay takes it back, once among
/// all of them: see ``UsedProofs``.
enum ProofNonces {
    /// - Parameter key: the cluster's.
    static func make(for session: SessionID, by key: SigningKey, at now: Timestamp) -> ProofChallenge {
        var generator = SystemRandomNumberGenerator()
        let expiresAt = now.adding(seconds: ProofChallenge.lifetimeSeconds)
        let head = Self.bytes(expiresAt.microseconds) + [UInt8].random(8, using: &generator)
        guard let challenge = ProofChallenge(nonce: head + Self.tag(head, session, key), expiresAt: expiresAt) else {
            preconditionFailure("a nonce has \(ProofChallenge.nonceBytes) bytes")
        }
        return challenge
    }

    /// - Returns: nil where it is none of ours.
    static func challenge(
        _ nonce: [UInt8],
        for session: SessionID,
        by key: SigningKey,
        at now: Timestamp
    ) -> ProofChallenge? {
        guard nonce.count == ProofChallenge.nonceBytes else { return nil }
        let head = Array(nonce.prefix(16))
        guard Sodium.areEqual(Array(nonce.suffix(16)), Self.tag(head, session, key)) else { return nil }
        let microseconds = head.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let expiresAt = Timestamp(microseconds: microseconds)
        // Made by a clock that was ahead, and was set back since.
        guard expiresAt <= now.adding(seconds: ProofChallenge.lifetimeSeconds) else { return nil }
        return ProofChallenge(nonce: nonce, expiresAt: expiresAt)
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

extension ProofChallenge {
    /// That this number was answered.
    func use(by key: KeyThumbprint) -> ProofUse {
        ProofUse(
            of: key,
            named: self.nonce,
            madeAt: self.expiresAt.adding(seconds: -Self.lifetimeSeconds),
            until: self.expiresAt
        )
    }
}
