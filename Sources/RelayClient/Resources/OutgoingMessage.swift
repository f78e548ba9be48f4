/// A message to publish.
public struct OutgoingMessage: Sendable, Hashable {
    /// Where it goes. A topic that does not exist is created, owned by the publisher.
    public var topic: String
    /// A JSON object: the relay refuses everything else.
    public var payload: JSONDocument
    /// Seconds that it is kept, at least 1; nil for the topic's own retention.
    public var ttl: Int?
    /// Texts that go with it. Empty for none.
    public var metadata: [String: String]

    /// A message to publish; it is checked when it is published.
    public init(topic: String, payload: JSONDocument, ttl: Int? = nil, metadata: [String: String] = [:]) {
        self.topic = topic
        self.payload = payload
        self.ttl = ttl
        self.metadata = metadata
    }

    var json: JSONDocument {
        var object = JSONObject([("topic", .string(self.topic)), ("payload", self.payload)])
        if let ttl { object.append("ttl", .number(JSONNumber(ttl))) }
        if !self.metadata.isEmpty { object.append("metadata", .object(JSONObject(self.metadata))) }
        return .object(object)
    }

    func check() throws(RelayError) {
        guard case .object = self.payload else {
            throw RelayError(.invalidInput, detail: "a payload must be a JSON object")
        }
        guard (self.ttl ?? 1) >= 1 else { throw RelayError(.invalidInput, detail: "a ttl is at least 1 s") }
    }
}
