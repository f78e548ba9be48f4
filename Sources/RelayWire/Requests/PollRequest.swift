public import NIOCore

/// What a long poll asks for.
public struct PollRequest: Hashable, Sendable {
    /// At least one, or none where ``presence`` has some; each name once, in the order asked for.
    public let topics: [String]
    /// The ids that the client has seen, as it sent them (they may be no ids at all): topic to text. Only for topics
    /// polled; empty where none was sent.
    public let since: [String: String]
    /// How long to wait, in seconds.
    public let timeout: Double
    /// For topics without a cursor: how old a message may be to be sent at once. 0 is off.
    public let replayWindowSeconds: Int
    /// As which of the reader's peers it reads, in topics that have peers; nil for none. 1 to 255 characters.
    public let clientID: String?
    /// As which named reader it reads, see ``ReaderNaming``; nil for none.
    public let reader: String?
    /// What that reader is done with: topic to text, as ``since``.
    public let acknowledged: [String: String]

    /// The topics of which it asks who is there; each name once, in the order asked for.
    public let presence: [Presence]

    /// A topic of which a poll asks who is there.
    public struct Presence: Hashable, Sendable {
        public let topic: String
        /// What the client knows already, as it sent it, which may be no cursor; nil for nothing.
        public let cursor: String?

        public init(topic: String, cursor: String? = nil) {
            self.topic = topic
            self.cursor = cursor
        }
    }

    /// What is refused, and what holds where a field is absent.
    public struct Limits: Hashable, Sendable {
        public var maximumTopics: Int
        /// In seconds.
        public var timeout: ClosedRange<Double>
        public var defaultTimeout: Double
        /// In seconds.
        public var maximumReplayWindow: Int

        public init(
            maximumTopics: Int = 100,
            timeout: ClosedRange<Double> = 1...60,
            defaultTimeout: Double = 30,
            maximumReplayWindow: Int = 300
        ) {
            self.maximumTopics = maximumTopics
            self.timeout = timeout
            self.defaultTimeout = defaultTimeout
            self.maximumReplayWindow = maximumReplayWindow
        }
    }

    /// Reads `{"topics", "since"?, "timeout"?, "replay_window_seconds"?, "client_id"?, "reader"?, "ack"?, "presence"?}`.
    ///
    /// - Parameter json: the whole body. Nothing of it is kept alive.
    public init(json: ByteBuffer, limits: Limits = Limits()) throws(RequestError) {
        self = try RequestReader.decode(json) { (reader, bytes) throws(JSONError) in
            try Self.read(from: &reader, bytes, limits)
        }
    }

    private init(
        topics: [String],
        since: [String: String],
        timeout: Double,
        replayWindowSeconds: Int,
        clientID: String?,
        reader: String?,
        acknowledged: [String: String],
        presence: [Presence]
    ) {
        self.topics = topics
        self.since = since
        self.timeout = timeout
        self.replayWindowSeconds = replayWindowSeconds
        self.clientID = clientID
        self.reader = reader
        self.acknowledged = acknowledged
        self.presence = presence
    }

    private static func read(
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>,
        _ limits: Limits
    ) throws(JSONError) -> PollRequest? {
        guard let start = try reader.enterObject(bytes) else { return nil }
        var members = Members()
        while let name = try reader.place.nextMember(bytes) {
            try members.keep(name, from: &reader, bytes)
        }
        let object = start..<reader.place.offset
        let presence = try reader.presence(bytes, members.presence, limit: limits.maximumTopics)
        let topics = try members.topics(in: object, from: &reader, bytes, limits, mayLack: presence != nil)
        let since = try reader.cursors(bytes, members.since, at: "since", for: topics ?? [])
        let timeout = members.timeout.map { reader.number(bytes, $0, at: "timeout", in: limits.timeout) }
        let window = members.replayWindow.map {
            reader.integer(bytes, $0, at: "replay_window_seconds", in: 0...limits.maximumReplayWindow)
        }
        let clientID = reader.clientID(bytes, members.clientID)
        let name = reader.readerName(bytes, members.reader)
        let acknowledged = try reader.cursors(bytes, members.acknowledged, at: "ack", for: topics ?? [])
        guard let topics else { return nil }
        return PollRequest(
            topics: topics,
            since: since,
            timeout: (timeout ?? limits.defaultTimeout) ?? limits.defaultTimeout,
            replayWindowSeconds: (window ?? 0) ?? 0,
            clientID: clientID,
            reader: name,
            acknowledged: acknowledged,
            presence: presence ?? []
        )
    }

    private struct Members {
        var topics: JSONValue?
        /// May come before the topics that its entries are chosen by, so it is only kept here, and walked last.
        var since: JSONValue?
        var timeout: JSONValue?
        var replayWindow: JSONValue?
        var clientID: JSONValue?
        var reader: JSONValue?
        /// As ``since``.
        var acknowledged: JSONValue?
        var presence: JSONValue?

        /// - Parameter mayLack: whether there need be none.
        func topics(
            in object: Range<Int>,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>,
            _ limits: Limits,
            mayLack: Bool
        ) throws(JSONError) -> [String]? {
            if self.topics == nil, mayLack { return [] }
            guard let value = reader.required(bytes, self.topics, "topics", in: object) else { return nil }
            return try reader.topics(bytes, value, limit: limits.maximumTopics)
        }

        mutating func keep(
            _ name: JSONValue,
            from reader: inout RequestReader,
            _ bytes: Span<UInt8>
        ) throws(JSONError) {
            if bytes.text(of: name, is: "topics") {
                try reader.keep(bytes, &self.topics, "topics")
            } else if bytes.text(of: name, is: "since") {
                try reader.keep(bytes, &self.since, "since")
            } else if bytes.text(of: name, is: "timeout") {
                try reader.keep(bytes, &self.timeout, "timeout")
            } else if bytes.text(of: name, is: "replay_window_seconds") {
                try reader.keep(bytes, &self.replayWindow, "replay_window_seconds")
            } else if bytes.text(of: name, is: "client_id") {
                try reader.keep(bytes, &self.clientID, "client_id")
            } else if bytes.text(of: name, is: "reader") {
                try reader.keep(bytes, &self.reader, "reader")
            } else if bytes.text(of: name, is: "ack") {
                try reader.keep(bytes, &self.acknowledged, "ack")
            } else if bytes.text(of: name, is: "presence") {
                try reader.keep(bytes, &self.presence, "presence")
            } else {
                _ = try reader.place.value(bytes)
            }
        }
    }
}
