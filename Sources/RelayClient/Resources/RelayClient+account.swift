extension RelayClient {
    /// Logs in with the password, whatever tokens there are, and stores what the relay gives.
    ///
    /// Optional: every call logs in by itself where it has to.
    /// - Throws: ``RelayError`` with code `authenticationRequired` where name or password are wrong or missing.
    @discardableResult
    public func logIn() async throws -> Tokens {
        try await self.keeper.logIn()
    }

    /// Logs in without a password: a person opens a page of the relay elsewhere, types in a code, and says that this device may come in.
    ///
    /// - Parameters:
    ///   - hint: what this device calls itself, for that person to see; the relay shows 100 characters of it.
    ///   - show: gets the page and the code, before the wait begins.
    /// - Returns: the tokens, once they are stored.
    /// - Throws: ``RelayError`` with code `authenticationRequired` where the device was sent away, or its time is over; with `refused` where
    ///   the relay lets no devices in. `CancellationError`, and what `show` throws.
    @discardableResult
    public func logIn(
        asDevice hint: String? = nil,
        show: (DevicePrompt) async throws -> Void
    ) async throws -> Tokens {
        let exchange = DeviceExchange(pipeline: self.pipeline, now: self.configuration.now)
        let wait = try await exchange.begin(hint: hint)
        try await show(wait.prompt)
        let tokens = try await exchange.tokens(for: wait)
        try await self.keeper.adopt(tokens)
        return tokens
    }

    /// Ends the login on the relay: revokes the refresh token with all that came of it, and the access token with what it has opened.
    ///
    /// The tokens stay in the store that was given to the client: taking them out is its owner's matter. Does nothing without tokens.
    /// - Throws: ``RelayError`` where the relay can't be reached, or refuses for another reason than that the tokens have ended.
    public func logOut() async throws {
        try await self.keeper.logOut()
    }

    /// Changes the password of the user that this client acts as, and stores the tokens of the new one. Everything that was obtained by the old
    /// password ends, at other clients too: tokens, service tokens, and the connections of those. The user's webhooks pause.
    ///
    /// - Parameters:
    ///   - old: the password so far.
    ///   - new: 8 characters or more.
    /// - Throws: ``RelayError`` with code `refused` where the old password is wrong (status 403), somebody else has changed it meanwhile
    ///   (409), or the new one is too short (422); with `unavailable` where it is not known whether it was changed.
    public func changePassword(from old: String, to new: String) async throws {
        _ = try await self.keeper.changePassword(from: old, to: new)
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
