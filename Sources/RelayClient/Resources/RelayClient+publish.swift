extension RelayClient {
    /// The most messages that one bulk may hold.
    public static let maxBulkCount = 100

    /// Publishes a message. Returns once the relay has stored it.
    ///
    /// - Parameters:
    ///   - topic: where it goes. A topic that does not exist is created, owned by the caller.
    ///   - payload: a JSON object.
    ///   - ttl: seconds that it is kept, at least 1; nil for the topic's own retention.
    ///   - metadata: texts that go with it.
    ///   - idempotencyKey: sent with every attempt, so that retries never store twice. Default: a new one. Give the same
    ///     key again, within 600 s, to repeat a call whose result never arrived.
    @discardableResult
    public func publish(
        _ topic: String,
        _ payload: JSONDocument,
        ttl: Int? = nil,
        metadata: [String: String] = [:],
        idempotencyKey: String? = nil
    ) async throws -> PublishReceipt {
        let message = OutgoingMessage(topic: topic, payload: payload, ttl: ttl, metadata: metadata)
        return try await self.publish(message, idempotencyKey: idempotencyKey)
    }

    /// Publishes bytes, to a topic whose kind takes such. As ``publish(_:_:ttl:metadata:idempotencyKey:)``.
    @discardableResult
    public func publish(
        _ topic: String,
        bytes: [UInt8],
        ttl: Int? = nil,
        metadata: [String: String] = [:],
        idempotencyKey: String? = nil
    ) async throws -> PublishReceipt {
        let message = OutgoingMessage(topic: topic, content: .binary(bytes), ttl: ttl, metadata: metadata)
        return try await self.publish(message, idempotencyKey: idempotencyKey)
    }

    /// Publishes a message. As ``publish(_:_:ttl:metadata:idempotencyKey:)``.
    @discardableResult
    public func publish(_ message: OutgoingMessage, idempotencyKey: String? = nil) async throws -> PublishReceipt {
        try message.check()
        let call = Self.publishCall(["api", "v1", "messages"], message.json, idempotencyKey)
        return try await self.reply(to: call).decoded(PublishReceipt.init(json:))
    }

    /// Publishes 1 to 100 messages in one request. One that isn't valid, or one topic that is denied, refuses them all.
    @discardableResult
    public func publishBulk(
        _ messages: [OutgoingMessage],
        idempotencyKey: String? = nil
    ) async throws -> BulkReceipt {
        guard (1...Self.maxBulkCount).contains(messages.count) else {
            throw RelayError(.invalidInput, detail: "a bulk holds 1 to \(Self.maxBulkCount) messages")
        }
        for message in messages { try message.check() }
        let body: JSONDocument = ["messages": .array(messages.map(\.json))]
        let call = Self.publishCall(["api", "v1", "messages", "bulk"], body, idempotencyKey)
        return try await self.reply(to: call).decoded(BulkReceipt.init(json:))
    }

    private static func publishCall(_ path: [String], _ body: JSONDocument, _ key: String?) -> HTTPCall {
        var call = HTTPCall(.post, path)
        call.body = .json(body)
        call.headers = [("Idempotency-Key", key ?? IdempotencyKeys.make())]
        return call
    }
}
