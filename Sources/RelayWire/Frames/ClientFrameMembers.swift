import NIOCore

/// A client frame's members while it is being read. `type` may come last, so all are kept until it is known.
struct ClientFrameMembers {
    /// Known once the `id` of a publish, an ack or a presence was read; used for refusals too.
    private(set) var requestID: ByteBuffer?

    private var type: JSONValue?
    private var topics: JSONValue?
    private var offset: JSONValue?
    private var cursors: JSONValue?
    private var messageID: JSONValue?
    private var id: JSONValue?
    private var idempotencyKey: JSONValue?
    private var token: JSONValue?
    private var reader: JSONValue?
    private var action: JSONValue?
    private var data: JSONValue?
    private var cursor: JSONValue?
    private var message = PublishRequest.Members()

    /// - Returns: nil only where an issue was added.
    mutating func read(
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>,
        isFirst: Bool
    ) throws(JSONError) -> ClientFrame? {
        guard let start = try reader.enterObject(bytes) else { return nil }
        while let name = try reader.place.nextMember(bytes) {
            if try self.message.keep(name, from: &reader, bytes) { continue }
            try self.keep(name, from: &reader, bytes)
        }
        let object = start..<reader.place.offset
        if self.type == nil, isFirst { return try self.subscribe(in: object, from: &reader, bytes) }
        guard let value = reader.required(bytes, self.type, "type", in: object),
            let type = reader.text(bytes, value, at: "type")
        else { return nil }
        switch ClientFrame.Kind(rawValue: type) {
        case .subscribe: return try self.subscribe(in: object, from: &reader, bytes)
        case .unsubscribe: return try self.unsubscribe(in: object, from: &reader, bytes)
        case .acknowledge: return self.acknowledge(in: object, from: &reader, bytes)
        case .ping: return .ping
        case .authenticate: return self.authenticate(in: object, from: &reader, bytes)
        case .publish: return try self.publish(in: object, from: &reader, bytes)
        case .presence: return self.presence(in: object, from: &reader, bytes)
        case nil: return .unknown(type: String(type.prefix(ClientFrame.maximumTypeLength)))
        }
    }

    private mutating func keep(
        _ name: JSONValue,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) {
        if bytes.text(of: name, is: "type") {
            try reader.keep(bytes, &self.type, "type")
        } else if bytes.text(of: name, is: "id") {
            try reader.keep(bytes, &self.id, "id")
        } else if bytes.text(of: name, is: "idempotency_key") {
            try reader.keep(bytes, &self.idempotencyKey, "idempotency_key")
        } else if bytes.text(of: name, is: "topics") {
            try reader.keep(bytes, &self.topics, "topics")
        } else if bytes.text(of: name, is: "offset") {
            try reader.keep(bytes, &self.offset, "offset")
        } else if bytes.text(of: name, is: "cursors") {
            try reader.keep(bytes, &self.cursors, "cursors")
        } else if bytes.text(of: name, is: "message_id") {
            try reader.keep(bytes, &self.messageID, "message_id")
        } else if bytes.text(of: name, is: "token") {
            try reader.keep(bytes, &self.token, "token")
        } else if bytes.text(of: name, is: "reader") {
            try reader.keep(bytes, &self.reader, "reader")
        } else if bytes.text(of: name, is: "action") {
            try reader.keep(bytes, &self.action, "action")
        } else if bytes.text(of: name, is: "data") {
            try reader.keep(bytes, &self.data, "data")
        } else if bytes.text(of: name, is: "cursor") {
            try reader.keep(bytes, &self.cursor, "cursor")
        } else {
            _ = try reader.place.value(bytes)
        }
    }

    private func subscribe(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> ClientFrame? {
        guard let value = reader.required(bytes, self.topics, "topics", in: object),
            let topics = try reader.topics(bytes, value, limit: ClientFrame.maximumTopics)
        else { return nil }
        let clientID = reader.clientID(bytes, self.message.clientID)
        let offset = self.optionalText(self.offset, at: "offset", from: &reader, bytes)
        let cursors = try reader.cursors(bytes, self.cursors, at: "cursors", for: topics)
        return .subscribe(
            SubscribeFrame(
                topics: topics,
                clientID: clientID,
                offset: offset,
                cursors: cursors,
                reader: reader.readerName(bytes, self.reader)
            )
        )
    }

    private func unsubscribe(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> ClientFrame? {
        let limit = ClientFrame.maximumUnsubscribedTopics
        guard let value = reader.required(bytes, self.topics, "topics", in: object),
            let topics = try reader.topics(bytes, value, limit: limit, skipsIllegal: true)
        else { return nil }
        return .unsubscribe(topics: topics)
    }

    private mutating func acknowledge(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) -> ClientFrame? {
        if let value = self.id, value.kind != .null { self.requestID = reader.requestID(bytes, value) }
        guard let value = reader.required(bytes, self.messageID, "message_id", in: object),
            let id = reader.text(bytes, value, at: "message_id", upTo: 255)
        else { return nil }
        let topic = self.message.sentTopic(bytes)
        return .acknowledge(ClientFrame.AckFrame(messageID: id, topic: topic, requestID: self.requestID))
    }

    private func authenticate(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) -> ClientFrame? {
        guard let value = reader.required(bytes, self.token, "token", in: object),
            let token = reader.text(bytes, value, at: "token", upTo: ClientFrame.maximumTokenSize)
        else { return nil }
        return .authenticate(token: token)
    }

    private mutating func publish(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> ClientFrame? {
        if let value = reader.required(bytes, self.id, "id", in: object) {
            self.requestID = reader.requestID(bytes, value)
        }
        let request = try self.message.request(in: object, from: &reader, bytes)
        var key: String?
        if let value = self.idempotencyKey, value.kind != .null {
            key = reader.idempotencyKey(bytes, value, at: "idempotency_key")
        }
        guard let requestID = self.requestID, let request else { return nil }
        return .publish(ClientFrame.PublishFrame(requestID: requestID, request: request, idempotencyKey: key))
    }

    private mutating func presence(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) -> ClientFrame? {
        if let value = self.id, value.kind != .null { self.requestID = reader.requestID(bytes, value) }
        let topic = self.message.requiredTopic(in: object, from: &reader, bytes)
        guard let action = self.presenceAction(in: object, from: &reader, bytes), let topic else { return nil }
        var data: ByteBuffer?
        if action == .join || action == .update, let value = self.data, value.kind != .null {
            data = bytes.copy(value.range)
        }
        let cursor =
            action == .watch ? self.optionalText(self.cursor, at: "cursor", from: &reader, bytes) : nil
        return .presence(PresenceFrame(action, topic: topic, data: data, cursor: cursor, requestID: self.requestID))
    }

    private func presenceAction(
        in object: Range<Int>,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) -> PresenceFrame.Action? {
        guard let value = reader.required(bytes, self.action, "action", in: object),
            let text = reader.text(bytes, value, at: "action")
        else { return nil }
        if let action = PresenceFrame.Action(rawValue: text) { return action }
        reader.add(bytes, .choice(PresenceFrame.Action.allCases.map(\.rawValue)), at: "action", input: value.range)
        return nil
    }

    private func optionalText(
        _ slot: JSONValue?,
        at place: FieldPlace,
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) -> String? {
        guard let value = slot, value.kind != .null else { return nil }
        return reader.text(bytes, value, at: place, upTo: 255)
    }
}
