extension TokenKeeper {
    /// Sends another access token in place of the connection's, which is about to expire.
    ///
    /// Where there is none to be had, or the connection breaks, nothing happens here. The relay ends the connection at the expiry, and
    /// whoever reads from it sees that.
    ///
    /// - Parameter old: the connection's token.
    /// - Returns: the token that the connection lives on now.
    /// - Throws: `CancellationError`.
    func renewToken(on connection: WebSocketConnection, rejecting old: String?) async throws -> String? {
        do {
            let token = try await self.accessToken(rejecting: old)
            let frame = JSONDocument.object(JSONObject([("type", "auth"), ("token", .string(token))]))
            try await connection.send(frame.text)
            return token
        } catch let error as CancellationError {
            throw error
        } catch {
            return old
        }
    }
}
