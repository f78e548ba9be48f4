/// Named readers: the relay keeps where they are, for as long as they are used.
extension RelayClient {
    /// The caller's readers of a topic; of who may manage the topic, everybody's.
    public func readers(of topic: String) async throws -> [ReaderDetails] {
        try await self.list(Self.readersPath(topic), ReaderDetails.init(json:))
    }

    /// One of the caller's readers. A name that does not exist gives status 404.
    public func reader(_ name: String, of topic: String) async throws -> ReaderDetails {
        try await self.reply(to: HTTPCall(.get, Self.readersPath(topic) + [name])).decoded(ReaderDetails.init(json:))
    }

    /// Moves one of the caller's readers forward: it is done with this message and all before it. That is stored when this returns.
    ///
    /// - Parameters:
    ///   - messageID: an id, or `epoch@id`. One that the topic has not given out, or that is not after the reader's place, moves nothing.
    ///   - topic: the topic that it reads.
    ///   - reader: its name.
    /// - Returns: where the reader stands then.
    public func acknowledge(
        _ messageID: String,
        of topic: String,
        as reader: String
    ) async throws -> ReaderDetails {
        var call = HTTPCall(.post, Self.readersPath(topic) + [reader, "ack"])
        call.body = .json(["message_id": .string(messageID)])
        return try await self.reply(to: call).decoded(ReaderDetails.init(json:))
    }

    /// Puts one of the caller's readers anywhere, also back, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - name: of the reader.
    ///   - topic: the topic that it reads.
    ///   - start: where it goes on.
    public func moveReader(
        _ name: String,
        of topic: String,
        to start: SubscriptionStart
    ) async throws -> ReaderDetails {
        var call = HTTPCall(.put, Self.readersPath(topic) + [name])
        call.body = .json(["cursor": .string(start.offset)])
        return try await self.reply(to: call).decoded(ReaderDetails.init(json:))
    }

    /// Deletes a reader.
    ///
    /// - Parameters:
    ///   - name: of the reader.
    ///   - topic: the topic that it reads.
    ///   - userID: whose; nil for the caller. Another's only who may manage the topic can delete.
    public func deleteReader(_ name: String, of topic: String, ofUserID userID: String? = nil) async throws {
        var call = HTTPCall(.delete, Self.readersPath(topic) + [name])
        if let userID { call.query = [("user_id", userID)] }
        call.isRepeatable = false
        _ = try await self.reply(to: call)
    }

    private static func readersPath(_ topic: String) -> [String] {
        self.topicsPath + [topic, "readers"]
    }
}
