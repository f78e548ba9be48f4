/// Where tokens outlive the process.
///
/// A refresh token is good for one exchange, and showing it twice revokes all that came of it. So two processes that share
/// tokens must not exchange them at the same time, and a new token must be stored before anybody uses it.
public protocol TokenStore: Sendable {
    /// The tokens stored now, if any.
    func load() async throws -> Tokens?

    /// Runs `exchange` with the tokens stored now while no other holder of this store runs one, and stores its result.
    ///
    /// - Returns: what `exchange` returned, once it is stored.
    func renew(_ exchange: (Tokens?) async throws -> Tokens) async throws -> Tokens
}
