import NIOCore

extension PublishRequest {
    /// The object's members while it is being read; shared with the WebSocket's `publish` frame.
    struct Members {
        private var topic: JSONValue?
        private var payload: JSONValue?
        private var metadata: JSONValue?
        private var ttl: JSONValue?
        /// Of a WebSocket's subscribe frame, too.
        private(set) var clientID: JSONValue?

        /// - Returns: whether the name is a known one, and so its value has been read.
        mutating func keep(
            _ name: JSONValue,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) -> Bool {
            if bytes.text(of: name, is: "topic") {
                try reader.keep(bytes, &self.topic, "topic")
            } else if bytes.text(of: name, is: "payload") {
                try reader.keep(bytes, &self.payload, "payload")
            } else if bytes.text(of: name, is: "metadata") {
                try reader.keep(bytes, &self.metadata, "metadata")
            } else if bytes.text(of: name, is: "ttl") {
                try reader.keep(bytes, &self.ttl, "ttl")
            } else if bytes.text(of: name, is: "client_id") {
                try reader.keep(bytes, &self.clientID, "client_id")
            } else {
                return false
            }
            return true
        }

        /// The topic of a frame that publishes nothing, whatever it is: nil where none was sent.
        func sentTopic(_ bytes: Span<UInt8>) -> String? {
            guard let topic = self.topic, topic.kind != .null else { return nil }
            guard topic.kind == .string, let text = bytes.text(of: topic), TopicNaming.paths.allows(text) else {
                return ""
            }
            return text
        }

        /// The topic of a frame that can't do without.
        ///
        /// - Parameter object: the bytes of the object that the members come from.
        func requiredTopic(
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) -> String? {
            reader.required(bytes, self.topic, "topic", in: object).flatMap { reader.topic(bytes, $0, at: "topic") }
        }

        /// - Parameter object: the bytes of the object that the members come from.
        func request(
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) -> PublishRequest? {
            let before = reader.issues.count
            let topic = self.requiredTopic(in: object, from: &reader, bytes)
            let payload = reader.required(bytes, self.payload, "payload", in: object)
            var binary: ByteBuffer?
            if let payload, payload.kind != .object {
                binary = try self.binary(payload, in: object, from: &reader, bytes)
            }
            let metadata = try self.metadata(from: &reader, bytes)
            let ttl = self.ttl(from: &reader, bytes)
            let clientID = reader.clientID(bytes, self.clientID)
            guard let topic, let payload, reader.issues.count == before else { return nil }
            return PublishRequest(
                topic: topic,
                payload: binary ?? bytes.copy(payload.range),
                isBinary: binary != nil,
                metadata: metadata,
                ttl: ttl,
                clientID: clientID
            )
        }

        /// What a payload that is no object stands for.
        ///
        /// Its `encoding` is looked for here, by going through the object once more, so that messages of JSON have no work of it.
        private func binary(
            _ payload: JSONValue,
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) -> ByteBuffer? {
            var encoding: JSONValue?
            if payload.kind == .string {
                var walk = JSONPlace(offset: object.lowerBound)
                try walk.enterObject(bytes)
                while let name = try walk.nextMember(bytes) {
                    let value = try walk.value(bytes)
                    guard bytes.text(of: name, is: "encoding") else { continue }
                    if encoding != nil { reader.add(bytes, .duplicate, at: "encoding", input: value.range) }
                    encoding = encoding ?? value
                }
            }
            guard let encoding, encoding.kind != .null else {
                reader.add(bytes, .object, at: "payload", input: payload.range)
                return nil
            }
            guard bytes.text(of: encoding, is: "base64") else {
                reader.add(bytes, .choice(["base64"]), at: "encoding", input: encoding.range)
                return nil
            }
            guard let binary = bytes.base64Bytes(of: payload) else {
                reader.add(bytes, .base64, at: "payload", input: payload.range)
                return nil
            }
            return binary
        }

        /// An empty object means the same as none.
        private func metadata(
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) -> ByteBuffer? {
            guard let value = self.metadata, value.kind != .null else { return nil }
            if value.kind == .object, bytes.isEmptyObject(value) { return nil }
            return try reader.textObject(bytes, value, at: "metadata")
        }

        private func ttl(
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) -> Int64? {
            guard let value = self.ttl, value.kind != .null else { return nil }
            guard let ttl = reader.integer(bytes, value, at: "ttl") else { return nil }
            if ttl <= 0 { reader.add(bytes, .above(0), at: "ttl", input: value.range) }
            return ttl
        }
    }
}
