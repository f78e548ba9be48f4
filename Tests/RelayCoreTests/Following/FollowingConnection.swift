import RelayCore
import RelayWire

/// A client's connection to one relay of the model, and what it was told there.
final class FollowingConnection: ReaderSink {
    enum Event {
        case gap(Gap)
        case message(MessageID, number: Int, epoch: UInt64)
    }

    let relay: Int
    let start: ReaderStart
    var reader: Reader?
    var room: Int
    /// What has not been checked yet.
    var events: [Event] = []
    private(set) var hasEnded = false
    var walk = FollowingWalk()

    init(relay: Int, start: ReaderStart, room: Int) {
        self.relay = relay
        self.start = start
        self.room = room
    }

    var principal: Principal? { .olga }

    func capacity(for reader: Reader) -> Int { self.room }

    func deliver(_ gap: Gap, to reader: Reader) { self.events.append(.gap(gap)) }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.events += batch.messages.map { .message($0.id, number: $0.number ?? -1, epoch: reader.epoch) }
        if self.room != .max { self.room -= batch.messages.count }
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) { self.hasEnded = true }
    func flush() {}
}

/// What one client knows of a stream, held against what the stream was.
struct FollowingWalk {
    /// The id of the last message seen, or of the one after which the connection began.
    private(set) var last = MessageID.zero
    /// The epoch that the client was told.
    private(set) var epoch = StreamEpoch.none.id
    /// What was lost up to here is no loss to a reader that began with the oldest message.
    private var owedAfter = MessageID.zero
    private var gap: Gap?
    private var seen: Set<Int> = []

    mutating func begin(after id: MessageID, epoch: UInt64, owedAfter: MessageID = .zero) {
        self.owedAfter = owedAfter
        self.last = id
        self.epoch = epoch
    }

    /// - Returns: what is wrong with the event; nil if nothing is.
    mutating func take(_ event: FollowingConnection.Event, _ log: SharedLog) -> String? {
        switch event {
        case .gap(let gap):
            guard self.gap == nil else { return "two gaps in a row" }
            // Who began with the oldest message has passed a loss right there in silence.
            guard gap.after == self.last || self.seen.isEmpty && gap.after == self.owedAfter else {
                return "a gap after \(gap.after), but \(self.last) was the last"
            }
            self.gap = gap
            return nil
        case .message(let id, let number, let epoch):
            defer {
                self.last = id
                self.gap = nil
            }
            guard self.seen.insert(number).inserted else { return "\(number) came twice" }
            if self.epoch == StreamEpoch.none.id { self.epoch = epoch }
            return self.gap.map { self.resume(at: id, number, after: $0, log) } ?? self.next(id, number, log)
        }
    }

    private mutating func resume(at id: MessageID, _ number: Int, after gap: Gap, _ log: SharedLog) -> String? {
        guard gap.resumedFrom == id else { return "a gap to \(String(describing: gap.resumedFrom)) before \(id)" }
        if gap.epoch == self.epoch, id <= self.last { return "\(id) after \(self.last) in one epoch" }
        self.epoch = gap.epoch
        guard log.index(of: gap.epoch).map({ log.lineage(of: $0) })?.contains(where: { $0.number == number }) == true
        else { return "\(number) is not of the epoch \(gap.epoch) that the gap has told of" }
        return nil
    }

    private mutating func next(_ id: MessageID, _ number: Int, _ log: SharedLog) -> String? {
        let expected = log.index(of: self.epoch).map { log.lineage(of: $0) }?.first { $0.id > self.last }
        guard expected?.number == number else {
            return "\(number) at \(id) after \(self.last) without a gap; \(String(describing: expected)) was next"
        }
        guard log.noticesLosses, !log.hasMergedHoles else { return nil }
        // Nothing that was ever stored is passed over in silence.
        let missed = log.everything.filter { $0.id > max(self.last, self.owedAfter) && $0.id < id }
        return missed.isEmpty ? nil : "\(number) at \(id) after \(self.last) without a gap: \(missed) are gone"
    }

    /// - Returns: what the client lacks now that everything is at rest; nil if nothing.
    func lack(_ log: SharedLog) -> String? {
        // Of no topic: stored by a relay that had not heard of the deletion.
        guard log.record != nil else { return nil }
        let current = log.index(of: self.epoch) ?? -1
        for message in log.messages where !self.seen.contains(message.number ?? -1) {
            let birth = log.epoch(of: message.number ?? -1).flatMap { log.index(of: $0) } ?? 0
            if birth > current || (birth <= current && current == log.histories.count - 1 && message.id > self.last) {
                return "\(message.number ?? -1) at \(message.id) never came; the last was \(self.last)"
            }
        }
        return nil
    }
}

extension SharedLog {
    func index(of epoch: UInt64) -> Int? { self.histories.firstIndex { $0.epoch.id == epoch } }

    func epoch(of number: Int) -> UInt64? {
        self.histories.first { $0.appended.contains { $0.number == number } }?.epoch.id
    }
}
