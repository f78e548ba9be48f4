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
        do {
            return try await self.tokens(call)
        } catch let error as RelayError where error.code == .authenticationRequired {
            throw RelayError(error.code, status: error.status, detail: error.detail, isWrongPassword: true)
        }
    }

    /// Sent once: an answer that is lost leaves open which password holds, and a second request would only be told that the old one is wrong.
    ///
    /// - Returns: tokens of the new password.
    /// - Throws: ``RelayError`` with code `refused` where the old password is wrong, somebody else has changed it meanwhile, or the
    ///   new one is too short.
    func changePassword(from old: String, to new: String, bearer: String) async throws -> Tokens {
        var call = HTTPCall(.post, ["auth", "password"])
        call.headers = [("Authorization", "Bearer \(bearer)")]
        call.body = .json(["old_password": .string(old), "new_password": .string(new)])
        call.isRepeatable = false
        let once = RequestPipeline(
            transport: self.pipeline.transport,
            policy: RetryPolicy(maxAttempts: 1),
            clock: self.pipeline.clock
        )
        return try await TokenExchange(pipeline: once, now: self.now).tokens(call)
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
