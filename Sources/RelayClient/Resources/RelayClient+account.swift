extension RelayClient {
    /// Logs in with the password, whatever tokens there are, and stores what the relay gives.
    ///
    /// Optional: every call logs in by itself where it has to.
    /// - Throws: ``RelayError`` with code `authenticationRequired` where name or password are wrong or missing.
    @discardableResult
    public func logIn() async throws -> Tokens {
        try await self.keeper.logIn()
    }

    /// Ends the login on the relay: revokes the refresh token with all that came of it, and the access token with what it has opened.
    ///
    /// The tokens stay in the store that was given to the client: taking them out is its owner's matter. Does nothing without tokens.
    /// - Throws: ``RelayError`` where the relay can't be reached, or refuses for another reason than that the tokens have ended.
    public func logOut() async throws {
        try await self.keeper.logOut()
    }

    /// An access token good for at least 300 s, where the relay gives such.
    public func accessToken() async throws -> String {
        try await self.keeper.accessToken()
    }

    /// The user that this client acts as.
    public func whoami() async throws -> UserAccount {
        try await self.reply(to: HTTPCall(.get, ["auth", "me"])).decoded(UserAccount.init(json:))
    }
}
