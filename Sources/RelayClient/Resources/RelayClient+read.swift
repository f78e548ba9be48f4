import RelayWire

extension RelayClient {
    /// Waits for messages after the cursors, at most for `timeout`.
    ///
    /// With cursors for some of the topics, the others are read from their oldest message. With none at all, only what is published from
    /// now on is seen. An answer that doesn't come in time counts as no messages.
    ///
    /// - Parameters:
    ///   - topics: at least one.
    ///   - cursors: by topic, the id of the last message seen.
    ///   - timeout: 1 to 60 s.
    ///   - reader: the named reader as which to read: topics without a cursor go on at its place. It is made where there is none.
    ///   - done: by topic, the id of the last message that the reader is done with. That is stored when the answer comes.
    public func poll(
        _ topics: [String],
        cursors: [String: String] = [:],
        timeout: Duration = .seconds(30),
        reader: String? = nil,
        done: [String: String] = [:]
    ) async throws -> PollPage {
        guard reader.map(ReaderNaming.allows) ?? true else { throw RelayError.readerName }
        guard !topics.isEmpty, timeout >= .seconds(1), timeout <= .seconds(60) else {
            throw RelayError(.invalidInput, detail: "a poll names at least one topic and waits 1 to 60 s")
        }
        do {
            var body = Self.pollBody(topics, cursors, timeout)
            if let reader {
                body.append("reader", .string(reader))
                if !done.isEmpty { body.append("ack", .object(JSONObject(done))) }
            }
            let call = Self.pollCall(body, timeout)
            return try await self.reply(to: call).decoded(PollPage.init(json:))
        } catch let error as RelayError where error.isTimeout {
            return .empty
        }
    }

    /// A page of the messages that a topic keeps.
    ///
    /// - Parameters:
    ///   - topic: the topic's name.
    ///   - limit: the most messages, 1 to 100.
    ///   - order: which end of the topic to begin with.
    ///   - cursor: exclusive, in the direction of `order`; nil starts at the end that `order` names.
    public func history(
        _ topic: String,
        limit: Int = 10,
        order: HistoryOrder = .newestFirst,
        cursor: String? = nil
    ) async throws -> HistoryPage {
        var call = HTTPCall(.get, Self.topicsPath + [topic, "messages"])
        call.query = [("limit", String(limit)), ("order", order.rawValue)]
        if let cursor { call.query.append(("cursor", cursor)) }
        return try await self.reply(to: call).decoded(HistoryPage.init(json:))
    }

    private static func pollBody(_ topics: [String], _ cursors: [String: String], _ timeout: Duration) -> JSONObject {
        JSONObject([
            ("topics", .array(topics.map(JSONDocument.string))),
            ("since", cursors.isEmpty ? .null : .object(JSONObject(cursors))),
            ("timeout", JSONNumber(timeout / .seconds(1)).map(JSONDocument.number) ?? 30),
        ])
    }

    private static func pollCall(_ body: JSONObject, _ timeout: Duration) -> HTTPCall {
        var call = HTTPCall(.post, ["messages", "poll"])
        call.body = .json(.object(body))
        call.timeout = timeout + .seconds(5)
        call.retriesTimeout = false
        return call
    }
}
