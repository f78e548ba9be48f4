public import RelayCore
public import RelayWire

/// What has become of a service token that was to be stored.
public enum ServiceTokenInsertion: Hashable, Sendable {
    case stored
    /// The user has as many as may be.
    case full
    /// The user is gone, or has had another password since.
    case outdated
}

/// The service tokens that were issued. They go with their user's password, and with the user, in the same atomic step: see ``UserStore``.
public protocol ServiceTokenStore: Sendable {
    /// One atomic step. What has expired counts until it is swept.
    ///
    /// - Parameters:
    ///   - generation: the ``User/passwordGeneration`` that the user must have.
    ///   - most: tokens that the user may have with this one.
    func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion

    func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken?

    /// Tokens in the order of their places, at most `limit`, after `place` where one is given. What can't be read back is left out, so
    /// only an empty page is the last.
    ///
    /// - Parameter user: whose; nil for everybody's.
    func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken]

    /// - Returns: whether there was one.
    func removeServiceToken(_ id: String) async throws(StoreError) -> Bool

    /// Forgets those that have expired by `now`.
    func sweepServiceTokens(at now: Timestamp) async throws(StoreError)
}
