import RelayCore
import RelayWire

/// A reader's connection end that takes as much as it is told to and records what it got, in order.
final class TestSink: ReaderSink {
    enum Event: Equatable {
        case gap(Gap)
        case message(MessageID)
        case ended(ReaderEnd)
    }

    var principal: Principal?
    /// How many more messages it takes.
    var room: Int
    /// How many messages it takes at once.
    var atOnce = Int.max
    private(set) var batches: [Batch] = []
    private(set) var events: [Event] = []
    private(set) var flushes = 0
    /// Deliveries that were larger than the room left.
    private(set) var overflows = 0
    var onGap: (Reader) -> Void = { _ in }
    var onDelivery: (Reader) -> Void = { _ in }
    var onEnd: (Reader) -> Void = { _ in }
    var onFlush: () -> Void = {}

    init(_ principal: Principal? = .olga, room: Int = .max) {
        self.principal = principal
        self.room = room
    }

    var messages: [Message] { self.batches.flatMap(\.messages) }
    var numbers: [Int] { self.messages.compactMap(\.number) }
    var ids: [MessageID] { self.messages.map(\.id) }

    var gaps: [Gap] {
        self.events.compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
    }

    var ends: [ReaderEnd] {
        self.events.compactMap { if case .ended(let end) = $0 { end } else { nil } }
    }

    // MARK: ReaderSink

    func capacity(for reader: Reader) -> Int { min(self.room, self.atOnce) }

    func deliver(_ gap: Gap, to reader: Reader) {
        self.events.append(.gap(gap))
        self.onGap(reader)
    }

    func deliver(_ batch: Batch, to reader: Reader) {
        self.batches.append(batch)
        self.events += batch.messages.map { .message($0.id) }
        if batch.messages.count > self.room { self.overflows += 1 }
        if self.room != .max { self.room = max(0, self.room - batch.messages.count) }
        self.onDelivery(reader)
    }

    func readerEnded(_ reader: Reader, _ reason: ReaderEnd) {
        self.events.append(.ended(reason))
        self.onEnd(reader)
    }

    func flush() {
        self.flushes += 1
        self.onFlush()
    }
}
