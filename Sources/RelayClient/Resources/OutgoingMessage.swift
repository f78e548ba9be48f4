/// A message to publish.
public struct OutgoingMessage: Sendable, Hashable {
    /// Where it goes. A topic that does not exist is created, owned by the publisher.
    public var topic: String
    /// A JSON object, or bytes. Which of them a topic takes is its kind's to say; the relay refuses the other.
    public var content: MessageContent
    /// Seconds that it is kept, at least 1; nil for the topic's own retention.
    public var ttl: Int?
    /// Texts that go with it. Empty for none.
    public var metadata: [String: String]

    /// A message to publish; it is checked when it is published.
    public init(topic: String, content: MessageContent, ttl: Int? = nil, metadata: [String: String] = [:]) {
        self.topic = topic
        self.content = content
        self.ttl = ttl
        self.metadata = metadata
    }

    /// The same with an object.
    public init(topic: String, payload: JSONDocument, ttl: Int? = nil, metadata: [String: String] = [:]) {
        self.init(topic: topic, content: .json(payload), ttl: ttl, metadata: metadata)
    }

    /// The object that it carries; of bytes, their base64 as a string.
    public var payload: JSONDocument {
        get { self.content.payload }
        set { self.content = .json(newValue) }
    }

    var json: JSONDocument {
        var object = JSONObject([("topic", .string(self.topic))] + self.content.members)
        if let ttl { object.append("ttl", .number(JSONNumber(ttl))) }
        if !self.metadata.isEmpty { object.append("metadata", .object(JSONObject(self.metadata))) }
        return .object(object)
    }

    func check() throws(RelayError) {
        if case .json(let payload) = self.content {
            guard case .object = payload else {
                throw RelayError(.invalidInput, detail: "a payload must be a JSON object")
            }
        }
        guard (self.ttl ?? 1) >= 1 else { throw RelayError(.invalidInput, detail: "a ttl is at least 1 s") }
    }
}
