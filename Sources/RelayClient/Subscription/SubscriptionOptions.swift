import RelayWire

/// What to read, from where, and how much of it may wait in memory.
public struct SubscriptionOptions: Sendable {
    /// 1 to 50 names.
    public var topics: [String]
    /// Where topics begin that have no cursor.
    public var start: SubscriptionStart
    /// By topic, the id of the last message seen; goes before `start`.
    public var cursors: [String: String]
    /// Shown in the relay's own listings; 1 to 255 characters.
    public var clientID: String?
    /// The named reader as which to read: 1 to 64 letters, digits, `_` and `-`; nil, the default, for none. The relay keeps where it is, so that
    /// it goes on there after this program has ended, wherever it starts next. A topic without a cursor here goes on at the reader's place;
    /// `start` counts for a reader that is new.
    ///
    /// A message is acknowledged once the consumer asks for the next event. So after a crash the messages that were not done come again, the one
    /// under work among them: each comes at least once. ``RelayClient/acknowledge(_:of:as:)`` acknowledges the last one of a consumer that
    /// stops.
    public var reader: String?
    /// Waits between attempts to connect.
    public var backoff = Backoff()
    /// Attempts to connect that may fail in a row; nil: without end, the default.
    public var maxAttempts: Int?
    /// From the start of a connection to its upgrade, and again from there to the relay's answer. Default 15 s.
    public var connectTimeout: Duration = .seconds(15)
    /// A connection on which nothing came for this long is asked for a sign of life, and after the same time again given
    /// up. The relay sends a ping every 20 s. Default 45 s.
    public var silenceLimit: Duration = .seconds(45)
    /// The largest message taken. Default 16 MiB.
    public var maxMessageBytes = 16 << 20
    /// Once this many bytes wait to be iterated over, nothing more is read from the socket; one message may go beyond it.
    /// Default 1 MiB.
    public var maxBufferedBytes = 1 << 20

    /// - Parameters: see the properties; all else has its default.
    public init(topics: [String], start: SubscriptionStart = .last, cursors: [String: String] = [:]) {
        self.topics = topics
        self.start = start
        self.cursors = cursors
    }

    func check() throws(RelayError) {
        guard (1...50).contains(self.topics.count) else {
            throw RelayError(.invalidInput, detail: "a subscription names 1 to 50 topics")
        }
        guard self.clientID.map({ (1...255).contains($0.count) }) ?? true else {
            throw RelayError(.invalidInput, detail: "a client id has 1 to 255 characters")
        }
        guard self.reader.map(ReaderNaming.allows) ?? true else { throw .readerName }
    }

    /// The first frame on a connection.
    func subscribeFrame(cursors: CursorTable) -> JSONDocument {
        var object = JSONObject([
            ("type", "subscribe"),
            ("topics", .array(self.topics.map(JSONDocument.string))),
            ("offset", .string(self.start.offset)),
        ])
        let known = cursors.cursors.filter { self.topics.contains($0.key) }
        if !known.isEmpty { object.append("cursors", .object(JSONObject(known))) }
        if let clientID { object.append("client_id", .string(clientID)) }
        if let reader { object.append("reader", .string(reader)) }
        return .object(object)
    }
}

extension RelayError {
    /// Why a name is refused before it is sent.
    static let readerName = RelayError(
        .invalidInput,
        detail: "a reader's name has 1 to \(ReaderNaming.maximumLength) letters, digits, '_' and '-'"
    )
}
