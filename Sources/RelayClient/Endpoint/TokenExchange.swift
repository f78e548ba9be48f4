import RelayWire

/// The requests that give tokens and take them back.
///
/// None that gives is cut short when the calling task is cancelled. The relay may have taken the refresh token already, and
/// its successor would be lost with the answer.
struct TokenExchange: Sendable {
    let pipeline: RequestPipeline
    let now: @Sendable () -> Timestamp

    /// - Throws: ``RelayError`` with code `authenticationRequired` where the relay doesn't know the name or the password.
    func logIn(_ password: Credentials.Password) async throws -> Tokens {
        var call = HTTPCall(.post, ["auth", "login"])
        call.body = .form([
            ("grant_type", "password"), ("username", password.username), ("password", password.password),
        ])
        return try await self.tokens(call)
    }

    /// - Returns: nil where the relay refuses the token.
    func refresh(_ refreshToken: String) async throws -> Tokens? {
        var call = HTTPCall(.post, ["auth", "token", "refresh"])
        call.body = .json(["refresh_token": .string(refreshToken)])
        do {
            return try await self.tokens(call)
        } catch let error as RelayError where error.code == .authenticationRequired {
            return nil
        }
    }

    /// - Throws: ``RelayError`` where the relay refuses for another reason than that the tokens have ended.
    func revoke(_ tokens: Tokens) async throws {
        if let refreshToken = tokens.refreshToken {
            var call = HTTPCall(.post, ["auth", "token", "revoke"])
            call.body = .json(["refresh_token": .string(refreshToken), "revoke_chain": true])
            _ = try await self.pipeline.reply(to: call, keeper: nil)
        }
        var call = HTTPCall(.post, ["auth", "logout"])
        call.headers = [("Authorization", "Bearer \(tokens.accessToken)")]
        do {
            _ = try await self.pipeline.reply(to: call, keeper: nil)
        } catch let error as RelayError where error.code == .authenticationRequired {
            return
        }
    }

    private func tokens(_ call: HTTPCall) async throws -> Tokens {
        var call = call
        call.isUninterruptible = true
        let requestedAt = self.now()
        let reply = try await self.pipeline.reply(to: call, keeper: nil)
        return try reply.decoded { json throws(JSONDocumentError) in try Tokens(json: json, requestedAt: requestedAt) }
    }
}
