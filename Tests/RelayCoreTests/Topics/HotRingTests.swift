import RelayWire
import SeededRandom
import Testing

@testable import RelayCore

@Suite("The hot tier of one topic")
struct HotRingTests {
    private let early = Timestamp(microseconds: 0)

    private func ring(_ ids: ClosedRange<UInt64>) -> HotRing {
        var ring = HotRing(floor: .zero)
        for id in ids { ring.append(.at(id)) }
        return ring
    }

    private func slice(_ ring: HotRing, after: UInt64, through: UInt64 = .max, count: Int = .max) -> StreamSlice? {
        ring.slice(
            after: .ms(after),
            through: .ms(through),
            limits: SliceLimits(maxMessages: count, maxBytes: .max),
            now: self.early
        )
    }

    @Test("a full slice says that more is left, and where to go on")
    func pages() throws {
        let ring = self.ring(1...5)
        let first = try #require(self.slice(ring, after: 0, count: 2))
        #expect(first.messages.map(\.id) == [.ms(1), .ms(2)])
        #expect(first.hasMore)
        #expect(first.cursor == .ms(2))
        let rest = try #require(self.slice(ring, after: 2, count: 3))
        #expect(rest.messages.count == 3)
        #expect(!rest.hasMore)
    }

    @Test("a slice holds a message larger than its bytes, but then only that")
    func largeMessage() throws {
        var ring = HotRing(floor: .zero)
        ring.append(.at(1, bytes: 10_000))
        ring.append(.at(2))
        let limits = SliceLimits(maxMessages: 10, maxBytes: 1)
        let slice = try #require(ring.slice(after: .zero, through: .max, limits: limits, now: self.early))
        #expect(slice.messages.map(\.id) == [.ms(1)])
        #expect(slice.hasMore)
    }

    @Test("a cursor before the floor is for the store")
    func floor() {
        var ring = self.ring(1...5)
        #expect(ring.shrink(toMessages: 2, bytes: .max) == 3 * Message.at(1).memoryCost)
        #expect(ring.floor == .ms(3))
        #expect(self.slice(ring, after: 2) == nil)
        #expect(self.slice(ring, after: 3)?.messages.count == 2)
    }

    @Test("a ring that has dropped everything still serves readers at its end")
    func empty() {
        var ring = self.ring(1...5)
        #expect(ring.drop(through: .ms(9)) > 0)
        #expect(ring.bytes == 0)
        #expect(ring.floor == .ms(9))
        #expect(self.slice(ring, after: 5) == nil)
        #expect(self.slice(ring, after: 9)?.messages.isEmpty == true)
    }

    @Test("a cursor beyond the end gets nothing and stays")
    func beyond() {
        let slice = self.slice(self.ring(1...5), after: 100, through: 5)
        #expect(slice?.messages.isEmpty == true)
        #expect(slice?.cursor == .ms(100))
    }

    @Test("a slice of nothing but expired messages moves the cursor past them")
    func allExpired() {
        var ring = HotRing(floor: .zero)
        for id in 1...3 as ClosedRange<UInt64> { ring.append(.at(id, expiresAt: self.early)) }
        let slice = self.slice(ring, after: 0, through: 3)
        #expect(slice?.messages.isEmpty == true)
        #expect(slice?.cursor == .ms(3))
        #expect(slice?.hasMore == false)
        #expect(ring.newest(before: nil, count: 1, now: self.early) == nil)
    }

    @Test("the newest come newest first, and only a full page will do")
    func newest() {
        let ring = self.ring(1...5)
        #expect(ring.newest(before: nil, count: 2, now: self.early)?.map(\.id) == [.ms(5), .ms(4)])
        #expect(ring.newest(before: .ms(4), count: 3, now: self.early)?.map(\.id) == [.ms(3), .ms(2), .ms(1)])
        #expect(ring.newest(before: .ms(4), count: 4, now: self.early) == nil)
    }

    @Test("random operations agree with a plain list", arguments: 1...8)
    func agreesWithModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var ring = HotRing(floor: .zero)
        var model = NaiveRing()
        var now: Int64 = 0
        for _ in 0..<1_500 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let expiry =
                    Bool.random(using: &random)
                    ? Timestamp(microseconds: now + .random(in: 0...20, using: &random)) : nil
                let id = model.last + UInt64.random(in: 1...3, using: &random)
                let message = Message.at(id, bytes: .random(in: 0...300, using: &random), expiresAt: expiry)
                ring.append(message)
                model.append(message)
            case 5:
                let (count, bytes) = (
                    Int.random(in: 0...40, using: &random), Int.random(in: 0...12_000, using: &random)
                )
                #expect(ring.shrink(toMessages: count, bytes: bytes) == model.shrink(toMessages: count, bytes: bytes))
            case 6 where random.chance(30):
                let id = model.randomID(&random)
                #expect(ring.drop(through: id) == model.drop(through: id))
            case 7:
                now += 3
            default:
                self.compare(ring, model, now: Timestamp(microseconds: now), &random)
            }
            #expect(ring.bytes == model.bytes)
            #expect(ring.floor == model.floor)
        }
    }

    private func compare(_ ring: HotRing, _ model: NaiveRing, now: Timestamp, _ random: inout SeededGenerator) {
        let (after, through) = (model.randomID(&random), model.randomID(&random))
        let limits = SliceLimits(
            maxMessages: .random(in: 1...20, using: &random),
            maxBytes: .random(in: 1...4_000, using: &random)
        )
        let slice = ring.slice(after: after, through: through, limits: limits, now: now)
        let expected = model.slice(after: after, through: through, limits: limits, now: now)
        #expect(slice?.messages == expected?.messages)
        #expect(slice?.cursor == expected?.cursor)
        #expect(slice?.hasMore == expected?.hasMore)
        let count = Int.random(in: 1...20, using: &random)
        let before = random.chance(30) ? nil : model.randomID(&random)
        #expect(
            ring.newest(before: before, count: count, now: now) == model.newest(before: before, count: count, now: now)
        )
    }
}

/// The hot ring, written as its documentation reads.
private struct NaiveRing {
    var messages: [Message] = []
    var floor = MessageID.zero

    var bytes: Int { self.messages.reduce(0) { $0 + $1.memoryCost } }
    var last: UInt64 { (self.messages.last?.id ?? self.floor).milliseconds }

    func randomID(_ random: inout SeededGenerator) -> MessageID {
        let start = self.floor.milliseconds > 5 ? self.floor.milliseconds - 5 : 0
        return .ms(UInt64.random(in: start...(self.last + 5), using: &random))
    }

    mutating func append(_ message: Message) {
        self.messages.append(message)
    }

    mutating func shrink(toMessages count: Int, bytes: Int) -> Int {
        let before = self.bytes
        while !self.messages.isEmpty, self.messages.count > count || self.bytes > bytes {
            self.floor = self.messages.removeFirst().id
        }
        return before - self.bytes
    }

    mutating func drop(through id: MessageID) -> Int {
        let before = self.bytes
        self.messages.removeAll { $0.id <= id }
        self.floor = max(self.floor, id)
        return before - self.bytes
    }

    func slice(after: MessageID, through: MessageID, limits: SliceLimits, now: Timestamp) -> StreamSlice? {
        guard after >= self.floor else { return nil }
        let all = self.messages.filter { $0.id > after && $0.id <= through && !$0.isExpired(at: now) }
        var taken = 0
        var bytes = 0
        while taken < min(all.count, limits.maxMessages), bytes < limits.maxBytes {
            bytes += all[taken].memoryCost
            taken += 1
        }
        guard taken < all.count else { return StreamSlice(messages: all, cursor: max(after, through), hasMore: false) }
        return StreamSlice(messages: Array(all.prefix(taken)), cursor: all[taken - 1].id, hasMore: true)
    }

    func newest(before: MessageID?, count: Int, now: Timestamp) -> [Message]? {
        let all = self.messages.filter { $0.id < before ?? .max && !$0.isExpired(at: now) }
        return all.count >= count ? Array(all.reversed().prefix(count)) : nil
    }
}
