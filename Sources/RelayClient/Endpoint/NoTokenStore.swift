/// Tokens live and die with their client: nothing else holds them, so nobody has to be kept out.
struct NoTokenStore: TokenStore {
    func load() async throws -> Tokens? { nil }

    func renew(_ exchange: (Tokens?) async throws -> Tokens) async throws -> Tokens {
        try await exchange(nil)
    }
}
