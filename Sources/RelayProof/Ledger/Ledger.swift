import RelayWire

/// What was published, acknowledged, delivered and told, and whether that is what a relay promises.
///
/// Knows no network and no clock: whoever sees something happen says so, with the time in nanoseconds since the run began.
/// A message costs 32 bytes and one bit for each reader, whatever its size.
public struct Ledger: Sendable {
    /// Faults described in words, at most; all are counted.
    static let maxSamples = 20

    /// The run's id: messages of other runs are foreign.
    public let run: String
    /// Each once; their places are what topics are numbered by.
    public let topics: [String]
    let topicIndex: [String: Int]
    var records: [MessageRecord] = []
    var readers: [ReaderLedger]
    /// In the order of `topics`.
    public internal(set) var tallies: [TopicTally]
    /// The first faults, in words, at most 20.
    public internal(set) var samples: [String] = []
    /// For how long nothing was acknowledged.
    public internal(set) var acknowledgements = AcknowledgementGaps()
    public init(run: String, topics: [String], readerCount: Int) {
        self.run = run
        self.topics = topics
        self.topicIndex = Dictionary(uniqueKeysWithValues: topics.enumerated().map { ($1, $0) })
        self.readers = Array(repeating: ReaderLedger(topicCount: topics.count), count: readerCount)
        self.tallies = Array(repeating: TopicTally(), count: topics.count)
    }

    mutating func found(_ fault: Fault, in topic: Int, _ detail: @autoclosure () -> String) {
        self.tallies[topic].faults[fault, default: 0] += 1
        guard self.samples.count < Self.maxSamples else { return }
        self.samples.append("\(self.topics[topic]): \(fault.title): \(detail())")
    }

    /// The record that a payload in `topic` belongs to; a fault where there is none.
    mutating func number(of envelope: Envelope?, _ id: String, in topic: Int, _ place: String) -> Int? {
        guard let envelope, envelope.run == self.run, self.records.indices.contains(envelope.number),
            Int(self.records[envelope.number].topic) == topic,
            Int(self.records[envelope.number].publisher) == envelope.publisher
        else {
            self.found(.foreign, in: topic, "id \(id), \(place)")
            return nil
        }
        return envelope.number
    }

    /// Notes under which id a message is known.
    ///
    /// - Returns: the id that it is known under already, where that is another one.
    mutating func bind(_ number: Int, to id: MessageID) -> MessageID? {
        if self.records[number].flags.contains(.bound) {
            let known = self.records[number].id
            return known == id ? nil : known
        }
        self.records[number].flags.insert(.bound)
        self.records[number].id = id
        return nil
    }
}
