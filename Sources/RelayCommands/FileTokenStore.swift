public import RelayClient

/// The tokens of one relay in the credentials file, shared with every other `pulsar-relay` process of this person.
public struct FileTokenStore: TokenStore {
    private let file: CredentialsFile
    private let url: String
    /// Stored beside the tokens; nil keeps the name that is there.
    private let username: String?
    private let becomesDefault: Bool
    /// Stored beside the tokens; nil keeps the one that is there.
    private let authority: String?

    /// - Parameters:
    ///   - url: ``RelayEndpoint/description``.
    ///   - username: whose login it is; nil for whoever logged in last.
    ///   - becomesDefault: whether a login makes this relay the one that is meant where none is named. Default: where a username is given.
    ///   - authority: path of the PEM file by which the relay is trusted; nil for the one before.
    public init(
        file: CredentialsFile,
        url: String,
        username: String? = nil,
        becomesDefault: Bool? = nil,
        authority: String? = nil
    ) {
        self.file = file
        self.url = url
        self.username = username
        self.becomesDefault = becomesDefault ?? (username != nil)
        self.authority = authority
    }

    public func load() async throws -> Tokens? {
        try self.file.read()[self.url]?.tokens
    }

    public func renew(_ exchange: (Tokens?) async throws -> Tokens) async throws -> Tokens {
        try await self.file.exclusively {
            let known = try self.file.read()[self.url]
            // Found out before the old token is spent: whether the new one can be stored at all.
            try self.file.write(self.file.read())
            let tokens = try await exchange(known?.tokens)
            try self.store(tokens, known)
            return tokens
        }
    }

    /// Takes the login out of the file.
    ///
    /// - Returns: whose it was; nil where there was none.
    public func forget() async throws -> String? {
        try await self.file.exclusively {
            var book = try self.file.read()
            let forgotten = book.remove(self.url)
            try self.file.write(book)
            return forgotten?.username
        }
    }

    private func store(_ tokens: Tokens, _ known: StoredLogin?) throws {
        var book = try self.file.read()
        let login = StoredLogin(
            username: self.username ?? known?.username ?? "",
            tokens: tokens,
            authority: self.authority ?? known?.authority
        )
        book.set(login, for: self.url, becomesDefault: self.becomesDefault)
        try self.file.write(book)
    }
}
