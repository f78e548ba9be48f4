public import RelayClient

/// What every message carries: enough to know it again, and to see that it came whole.
public struct Envelope: Sendable, Hashable {
    /// The run's id.
    public let run: String
    /// The publisher's number, from 0.
    public let publisher: Int
    /// Counts the messages of a run, over all publishers and topics, from 0.
    public let number: Int
    /// When the publish began, in nanoseconds since the run began.
    public let startedAt: Int64
    /// Characters of filler, which follow from the number.
    public let fillerSize: Int

    public init(run: String, publisher: Int, number: Int, startedAt: Int64, fillerSize: Int) {
        self.run = run
        self.publisher = publisher
        self.number = number
        self.startedAt = startedAt
        self.fillerSize = fillerSize
    }

    /// - Returns: nil where the payload is no envelope, or its filler is not as it was sent.
    public init?(_ payload: JSONDocument) {
        guard case .string(let run)? = payload["run"], case .string(let filler)? = payload["filler"],
            case .number(let publisher)? = payload["publisher"], let publisher = publisher.integer,
            case .number(let number)? = payload["number"], let number = number.integer,
            case .number(let startedAt)? = payload["started_at"], let startedAt = startedAt.integer
        else { return nil }
        self.init(
            run: run,
            publisher: publisher,
            number: number,
            startedAt: Int64(startedAt),
            fillerSize: filler.utf8.count
        )
        guard filler == self.filler else { return nil }
    }

    /// What is published.
    public var payload: JSONDocument {
        [
            "run": .string(self.run),
            "publisher": .number(JSONNumber(self.publisher)),
            "number": .number(JSONNumber(self.number)),
            "started_at": .number(JSONNumber(self.startedAt)),
            "filler": .string(self.filler),
        ]
    }

    /// Differs from message to message, so that a mixed-up payload is noticed.
    private var filler: String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        let start = ((self.number % 26) + 26) % 26
        return String(decoding: (0..<self.fillerSize).map { alphabet[(start &+ $0) % 26] }, as: UTF8.self)
    }
}
