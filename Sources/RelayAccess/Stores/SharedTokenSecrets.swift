public import RelayCore

/// Lets relays that share a store notice that they sign tokens with different secrets, so that each would refuse the others'.
public protocol SharedTokenSecrets: Sendable {
    /// Keeps the fingerprint of the secret with which this relay signs: see ``TokenSecretFingerprint``.
    ///
    /// - Returns: the fingerprint of the relay that started last; nil where none has.
    func exchangeTokenSecret(fingerprint: String) async throws(StoreError) -> String?
}
