import NIOCore

extension PublishRequest {
    /// The object's members while it is being read; shared with the WebSocket's `publish` frame.
    struct Members {
        private var topic: JSONValue?
        private var payload: JSONValue?
        private var metadata: JSONValue?
        private var ttl: JSONValue?

        /// - Returns: whether the name is a known one, and so its value has been read.
        mutating func keep(_ name: JSONValue, from reader: inout RequestReader) throws(JSONError) -> Bool {
            if reader.isName(name, "topic") {
                try reader.keep(&self.topic, "topic")
            } else if reader.isName(name, "payload") {
                try reader.keep(&self.payload, "payload")
            } else if reader.isName(name, "metadata") {
                try reader.keep(&self.metadata, "metadata")
            } else if reader.isName(name, "ttl") {
                try reader.keep(&self.ttl, "ttl")
            } else {
                return false
            }
            return true
        }

        /// - Parameter object: the bytes of the object that the members come from.
        func request(
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ naming: TopicNaming
        ) throws(JSONError) -> PublishRequest? {
            let before = reader.issues.count
            let topic = reader.required(self.topic, "topic", in: object).flatMap {
                reader.topic($0, at: "topic", naming)
            }
            let payload = reader.required(self.payload, "payload", in: object)
            if let payload, payload.kind != .object { reader.add(.object, at: "payload", input: payload.range) }
            let metadata = try self.metadata(from: &reader)
            let ttl = self.ttl(from: &reader)
            guard let topic, let payload, reader.issues.count == before else { return nil }
            return PublishRequest(
                topic: topic,
                payload: reader.scanner.copy(payload.range),
                metadata: metadata,
                ttl: ttl
            )
        }

        /// An empty object means the same as none.
        private func metadata(from reader: inout RequestReader) throws(JSONError) -> ByteBuffer? {
            guard let value = self.metadata, value.kind != .null else { return nil }
            if value.kind == .object, reader.scanner.isEmptyObject(value) { return nil }
            return try reader.textObject(value, at: "metadata")
        }

        private func ttl(from reader: inout RequestReader) -> Int64? {
            guard let value = self.ttl, value.kind != .null else { return nil }
            guard let ttl = reader.integer(value, at: "ttl") else { return nil }
            if ttl <= 0 { reader.add(.above(0), at: "ttl", input: value.range) }
            return ttl
        }
    }
}
