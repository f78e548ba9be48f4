public import RelayWire

/// What the holder of a ticket is asked: to sign a number that the relay has just drawn, with the key that the ticket names, or with the one
/// that the ticket to come shall name.
///
/// A proof of it is taken once: whoever checks one sees to that.
public struct ProofChallenge: Hashable, Sendable {
    public static let nonceBytes = 32
    /// How long it can be answered.
    public static let lifetimeSeconds: Int64 = 30

    /// ``nonceBytes``.
    public let nonce: [UInt8]
    public let expiresAt: Timestamp

    /// - Parameter generator: the system's, but in tests.
    public init(at now: Timestamp, using generator: inout some RandomNumberGenerator) {
        self.nonce = .random(Self.nonceBytes, using: &generator)
        self.expiresAt = now.adding(seconds: Self.lifetimeSeconds)
    }

    /// One that was kept in a store.
    ///
    /// - Returns: nil unless `nonce` has ``nonceBytes``.
    public init?(nonce: [UInt8], expiresAt: Timestamp) {
        guard nonce.count == Self.nonceBytes else { return nil }
        self.nonce = nonce
        self.expiresAt = expiresAt
    }

    /// Checks that whoever answered holds the key to a ticket.
    ///
    /// - Parameters:
    ///   - ticket: a peer's has to name the key. One that is to be redeemed names none: the key that is proven is the one to name.
    ///   - cluster: the cluster's id.
    public func check(
        _ proof: KeyProof,
        for ticket: VerifiedTicket,
        in cluster: String,
        at now: Timestamp
    ) throws(KeyProof.Refusal) {
        guard now < self.expiresAt else { throw .challengeExpired }
        if case .peer = ticket.use {
            guard let key = ticket.facts.key, Sodium.areEqual(key.bytes, proof.key.thumbprint.bytes) else {
                throw .wrongKey
            }
        }
        let message = KeyProof.message(nonce: self.nonce, ticket: ticket, in: cluster)
        guard proof.key.signed(message, with: proof.signature) else { throw .badSignature }
    }
}

/// A peer's answer to a ``ProofChallenge``.
public struct KeyProof: Hashable, Sendable {
    /// Why a proof is not taken.
    public enum Refusal: Error, Hashable, Sendable, CaseIterable {
        /// Ask for another challenge.
        case challengeExpired
        /// Not the key that the ticket names, or the ticket names none.
        case wrongKey
        case badSignature
    }

    /// The first field of every signed proof, and of nothing else that a peer's identity key signs.
    public static let label = "pulsar-relay session ticket key proof 1"

    public let key: PublicKey
    /// 64 bytes.
    public let signature: [UInt8]

    /// - Returns: nil unless both are base64url without padding, of 32 and of 64 bytes.
    public init?(key: String, signature: String) {
        guard let key = PublicKey(text: key), signature.utf8.count == 86,
            let signature = Sodium.bytes(base64: signature.utf8)
        else { return nil }
        self.key = key
        self.signature = signature
    }

    /// What is signed: ``label``, the cluster's id, the ticket's `sid` and `jti`, and the nonce, each behind its length in bytes as two bytes,
    /// the higher one first. So no two sets of fields make the same message.
    ///
    /// - Parameter cluster: of at most 65,535 bytes.
    public static func message(nonce: [UInt8], ticket: VerifiedTicket, in cluster: String) -> [UInt8] {
        let texts = [Self.label, cluster, ticket.facts.session.text, ticket.facts.id.text].map { Array($0.utf8) }
        return (texts + [nonce]).flatMap { field in
            [UInt8(field.count >> 8), UInt8(field.count & 0xFF)] + field
        }
    }
}
