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

        /// - Parameter object: the bytes of the object that the members come from.
        func request(
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) -> PublishRequest? {
            let before = reader.issues.count
            let topic = reader.required(bytes, self.topic, "topic", in: object).flatMap {
                reader.topic(bytes, $0, at: "topic")
            }
            let payload = reader.required(bytes, self.payload, "payload", in: object)
            if let payload, payload.kind != .object { reader.add(bytes, .object, at: "payload", input: payload.range) }
            let metadata = try self.metadata(from: &reader, bytes)
            let ttl = self.ttl(from: &reader, bytes)
            let clientID = reader.clientID(bytes, self.clientID)
            guard let topic, let payload, reader.issues.count == before else { return nil }
            return PublishRequest(
                topic: topic,
                payload: bytes.copy(payload.range),
                metadata: metadata,
                ttl: ttl,
                clientID: clientID
            )
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
