import RelayWire

/// Waits until a person elsewhere lets this device in (RFC 8628).
struct DeviceExchange: Sendable {
    private static let grantType = "urn:ietf:params:oauth:grant-type:device_code"
    /// What `slow_down` adds to the wait, in seconds.
    private static let slowDownSeconds = 5

    let pipeline: RequestPipeline
    let now: @Sendable () -> Timestamp

    /// A device that waits.
    struct Wait: Sendable {
        let deviceCode: String
        let prompt: DevicePrompt
        /// Seconds between two questions.
        var interval: Int

        init(json: JSONDocument) throws(JSONDocumentError) {
            self.deviceCode = try json.string("device_code")
            self.prompt = DevicePrompt(
                page: try json.string("verification_uri"),
                pageWithCode: try json.optionalString("verification_uri_complete"),
                userCode: try json.string("user_code"),
                expiresIn: try json.integer("expires_in")
            )
            self.interval = max(1, json["interval"] == nil ? 5 : try json.integer("interval"))
        }
    }

    /// - Parameter hint: what this device calls itself.
    func begin(hint: String?) async throws -> Wait {
        var call = HTTPCall(.post, ["auth", "device", "code"])
        call.body = .form(hint.map { [("client_hint", $0)] } ?? [])
        // Twice would leave a code that nobody shows.
        call.isRepeatable = false
        return try await self.pipeline.reply(to: call, keeper: nil).decoded(Wait.init(json:))
    }

    /// Asks until somebody has decided.
    ///
    /// - Throws: ``RelayError``: `authenticationRequired` where the device was sent away or its time is over; `refused` for what no wait
    ///   mends. `CancellationError`.
    func tokens(for wait: Wait) async throws -> Tokens {
        let deadline = self.now().adding(seconds: Int64(wait.prompt.expiresIn))
        var interval = wait.interval
        while self.now() < deadline {
            try await self.pipeline.clock.sleep(for: .seconds(interval))
            let requestedAt = self.now()
            guard case .replied(let reply) = try await self.pipeline.transport.send(self.call(wait), bearer: nil) else {
                // No answer: RFC 8628 has devices ask more slowly then.
                interval += Self.slowDownSeconds
                continue
            }
            switch DeviceReply(reply) {
            case .tokens:
                return try reply.decoded { json throws(JSONDocumentError) in
                    try Tokens(json: json, requestedAt: requestedAt)
                }
            case .pending: continue
            case .slowDown: interval += Self.slowDownSeconds
            case .over(let error): throw error
            }
        }
        throw RelayError(.authenticationRequired, detail: "nobody has let this device in in time")
    }

    private func call(_ wait: Wait) -> HTTPCall {
        var call = HTTPCall(.post, ["auth", "device", "token"])
        call.body = .form([("grant_type", Self.grantType), ("device_code", wait.deviceCode)])
        return call
    }
}

/// What a relay's answer means to a device that waits.
enum DeviceReply {
    case tokens
    case pending
    case slowDown
    case over(RelayError)

    init(_ reply: HTTPReply) {
        switch (reply.status, Self.code(reply)) {
        case (200, _): self = .tokens
        case (400, "authorization_pending"): self = .pending
        case (400, "slow_down"), (429, _), (500..., _): self = .slowDown
        case (400, "access_denied"):
            self = .over(RelayError(.authenticationRequired, status: 400, detail: "this device was sent away"))
        case (400, "expired_token"):
            self = .over(
                RelayError(.authenticationRequired, status: 400, detail: "nobody has let this device in in time")
            )
        default: self = .over(.unexpected(reply))
        }
    }

    private static func code(_ reply: HTTPReply) -> String? {
        guard case .string(let code)? = (try? JSONDocument(parsing: reply.body))?["error"] else { return nil }
        return code
    }
}
