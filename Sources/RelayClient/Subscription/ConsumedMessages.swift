/// What the consumer of a named reader's subscription is done with: each message once it asks for more. Pure.
struct ConsumedMessages {
    /// The message that the consumer has, and may still be at work on.
    private var given: (topic: String, id: String)?
    /// By topic, the newest that is done and not acknowledged.
    private var done: [String: String] = [:]
    private var count = 0

    /// More than so many wait for no pause.
    static let mostWaiting = 64

    /// Whether there is something to acknowledge.
    var hasDone: Bool { self.count > 0 }

    /// Whether it should be acknowledged although more messages are there already.
    var isMuch: Bool { self.count >= Self.mostWaiting }

    /// The consumer gets a message.
    mutating func give(_ message: RelayMessage) {
        self.given = (message.topic, message.messageID)
    }

    /// The consumer comes back: it is done with what it was given.
    mutating func finishGiven() {
        guard let given else { return }
        self.given = nil
        self.done[given.topic] = given.id
        self.count += 1
    }

    /// The frames that acknowledge what is done, which count as sent then.
    mutating func takeFrames() -> [JSONDocument] {
        let done = self.done.sorted { $0.key < $1.key }
        self.done = [:]
        self.count = 0
        return done.map { topic, id in
            .object(JSONObject([("type", "ack"), ("topic", .string(topic)), ("message_id", .string(id))]))
        }
    }
}
