import NIOCore

/// A client frame's members while it is being read. `type` may come last, so all are kept until it is known.
struct ClientFrameMembers {
    /// Known once a publish frame's `id` was read; used for refusals too.
    private(set) var requestID: ByteBuffer?

    private var type: JSONValue?
    private var topics: JSONValue?
    private var clientID: JSONValue?
    private var offset: JSONValue?
    private var cursors: JSONValue?
    private var messageID: JSONValue?
    private var id: JSONValue?
    private var idempotencyKey: JSONValue?
    private var message = PublishRequest.Members()

    /// - Returns: nil only where an issue was added.
    mutating func read(
        from reader: inout RequestReader,
        isFirst: Bool,
        _ naming: TopicNaming
    ) throws(JSONError) -> ClientFrame? {
        guard let start = try reader.enterObject() else { return nil }
        while let name = try reader.scanner.nextMember() {
            if try self.message.keep(name, from: &reader) { continue }
            try self.keep(name, from: &reader)
        }
        let object = start..<reader.scanner.offset
        if self.type == nil, isFirst { return try self.subscribe(in: object, from: &reader, naming) }
        guard let value = reader.required(self.type, "type", in: object),
            let type = reader.text(value, at: "type")
        else { return nil }
        switch type {
        case "subscribe": return try self.subscribe(in: object, from: &reader, naming)
        case "unsubscribe": return try self.unsubscribe(in: object, from: &reader, naming)
        case "ack": return self.acknowledge(in: object, from: &reader)
        case "ping": return .ping
        case "publish": return try self.publish(in: object, from: &reader, naming)
        default: return .unknown(type: String(type.prefix(ClientFrame.maximumTypeLength)))
        }
    }

    private mutating func keep(_ name: JSONValue, from reader: inout RequestReader) throws(JSONError) {
        if reader.isName(name, "type") {
            try reader.keep(&self.type, "type")
        } else if reader.isName(name, "id") {
            try reader.keep(&self.id, "id")
        } else if reader.isName(name, "idempotency_key") {
            try reader.keep(&self.idempotencyKey, "idempotency_key")
        } else if reader.isName(name, "topics") {
            try reader.keep(&self.topics, "topics")
        } else if reader.isName(name, "client_id") {
            try reader.keep(&self.clientID, "client_id")
        } else if reader.isName(name, "offset") {
            try reader.keep(&self.offset, "offset")
        } else if reader.isName(name, "cursors") {
            try reader.keep(&self.cursors, "cursors")
        } else if reader.isName(name, "message_id") {
            try reader.keep(&self.messageID, "message_id")
        } else {
            _ = try reader.scanner.value()
        }
    }

    private func subscribe(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ naming: TopicNaming
    ) throws(JSONError) -> ClientFrame? {
        guard let value = reader.required(self.topics, "topics", in: object),
            let topics = try reader.topics(value, limit: ClientFrame.maximumTopics, naming)
        else { return nil }
        let clientID = self.optionalText(self.clientID, at: "client_id", from: &reader)
        let offset = self.optionalText(self.offset, at: "offset", from: &reader)
        let cursors = try reader.cursors(self.cursors, at: "cursors", for: topics)
        return .subscribe(
            SubscribeFrame(
                topics: topics,
                clientID: clientID,
                offset: offset.map(SubscribeFrame.Offset.init),
                cursors: cursors
            )
        )
    }

    private func unsubscribe(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ naming: TopicNaming
    ) throws(JSONError) -> ClientFrame? {
        let limit = ClientFrame.maximumUnsubscribedTopics
        guard let value = reader.required(self.topics, "topics", in: object),
            let topics = try reader.topics(value, limit: limit, naming, skipsIllegal: true)
        else { return nil }
        return .unsubscribe(topics: topics)
    }

    private func acknowledge(in object: Range<Int>, from reader: inout RequestReader) -> ClientFrame? {
        guard let value = reader.required(self.messageID, "message_id", in: object),
            let id = reader.text(value, at: "message_id", upTo: 255)
        else { return nil }
        return .acknowledge(messageID: id)
    }

    private mutating func publish(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ naming: TopicNaming
    ) throws(JSONError) -> ClientFrame? {
        if let value = reader.required(self.id, "id", in: object) {
            self.requestID = reader.requestID(value)
        }
        let request = try self.message.request(in: object, from: &reader, naming)
        let key = self.optionalText(self.idempotencyKey, at: "idempotency_key", from: &reader)
        guard let requestID = self.requestID, let request else { return nil }
        return .publish(ClientFrame.PublishFrame(requestID: requestID, request: request, idempotencyKey: key))
    }

    private func optionalText(
        _ slot: JSONValue?,
        at place: FieldPlace,
        from reader: inout RequestReader
    ) -> String? {
        guard let value = slot, value.kind != .null else { return nil }
        return reader.text(value, at: place, upTo: 255)
    }
}
