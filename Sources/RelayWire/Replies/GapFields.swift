/// Told to a reader whose cursor lies before the oldest message kept.
public struct GapFields: Hashable, Sendable {
    public var topic: String
    /// The reader's cursor.
    public var after: MessageID
    /// The oldest message kept; nil where nothing is.
    public var resumedFrom: MessageID?
    /// The epoch now in force, as clients see it. The field is left out where there is none.
    public var epoch: String?

    public init(topic: String, after: MessageID, resumedFrom: MessageID?, epoch: String? = nil) {
        self.topic = topic
        self.after = after
        self.resumedFrom = resumedFrom
        self.epoch = epoch
    }

    /// All but the topic, without braces.
    func putPlace(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#""after":"#)
        sink.put(self.after)
        sink.put(#","resumed_from":"#)
        sink.put(idOrNull: self.resumedFrom)
        guard let epoch = self.epoch else { return }
        sink.put(#","epoch":"#)
        sink.put(text: epoch)
    }
}

/// The epoch of one topic's stream.
public struct EpochFields: Hashable, Sendable {
    public var topic: String
    /// As clients see it: 16 hexadecimal digits.
    public var epoch: String

    public init(topic: String, epoch: String) {
        self.topic = topic
        self.epoch = epoch
    }

    /// `"topic":"epoch"`
    func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(text: self.topic)
        sink.put(":")
        sink.put(text: self.epoch)
    }
}
