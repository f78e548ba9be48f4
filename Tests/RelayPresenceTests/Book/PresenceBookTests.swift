import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayPresence

@Suite("The members of a relay, and what of them is stored")
struct PresenceBookTests {
    private typealias Book = PresenceBook<String>

    /// Begins a write of all there is.
    private func write(_ book: inout Book) -> [String] {
        book.beginWrite(maxLines: 100, maxBytes: .max).map { line in
            line.member.map { "\($0.connection)=\($0.data.map { String(buffer: $0) } ?? "")" } ?? "-\(line.connection)"
        }
    }

    private func check(_ book: inout Book, writes lines: [String], at place: SourceLocation = #_sourceLocation) {
        let written = self.write(&book)
        #expect(written == lines, sourceLocation: place)
    }

    @Test("joins are written together, and are told when they are stored")
    func joins() {
        var book = Book()
        book.put(.named("a", "1"), ticket: "a1")
        book.put(.named("b", "1"), ticket: "b1")
        self.check(&book, writes: ["a=1", "b=1"])
        book.put(.named("c", "1"), ticket: "c1")
        let more = self.write(&book)
        #expect(more.isEmpty && !book.hasToWrite)
        let settled = book.wrote([.at(1), .at(2)])
        #expect(settled.done.map(\.0) == ["a1", "b1"] && settled.failed.isEmpty && settled.removed.isEmpty)
        self.check(&book, writes: ["c=1"])
    }

    @Test("of several changes before a write the last is written, and all are told")
    func coalescing() {
        var book = Book()
        book.put(.named("a", "1"), ticket: "a1")
        book.put(.named("a", "2"), ticket: "a2")
        self.check(&book, writes: ["a=2"])
        #expect(book.coalesced == 1)
        let settled = book.wrote([.at(1)])
        #expect(settled.done.map(\.0) == ["a1", "a2"])
        #expect(settled.done.map(\.1) == [.named("a", "2"), .named("a", "2")])
    }

    @Test("who leaves before anything is written was never there")
    func undone() {
        var book = Book()
        book.put(.named("a"), ticket: "a1")
        let removed = book.remove(.named("a"))
        #expect(removed.member == .named("a") && removed.void == ["a1"] && removed.isGone)
        self.check(&book, writes: [])
        #expect(book.isEmpty)
        let taken = book.remove(.named("a"))
        #expect(taken.member == nil)
    }

    @Test("who leaves while the join is under way is taken off after it")
    func leavingMeanwhile() {
        var book = Book()
        book.put(.named("a"), ticket: "a1")
        _ = self.write(&book)
        let taken = book.remove(.named("a"))
        #expect(!taken.isGone)
        #expect(book.member(.named("a")) == nil)
        let first = book.wrote([.at(1)])
        #expect(first.done.map(\.0) == ["a1"] && first.removed.isEmpty)
        self.check(&book, writes: ["-a"])
        let outcome = book.wrote([.at(2)])
        #expect(outcome.removed == [.named("a")])
        #expect(book.isEmpty)
    }

    @Test("a join that fails is none, and is taken off only where it may have happened", arguments: [false, true])
    func failedJoin(mayBeStored: Bool) {
        var book = Book()
        book.put(.named("a"), ticket: "a1")
        _ = self.write(&book)
        let settled = book.failed(mayBeStored: mayBeStored)
        #expect(settled.failed == ["a1"])
        #expect(book.member(.named("a")) == nil)
        #expect(settled.removed == (mayBeStored ? [] : [.named("a")]))
        self.check(&book, writes: mayBeStored ? ["-a"] : [])
        if mayBeStored {
            let outcome = book.wrote([.at(2)])
            #expect(outcome.removed == [.named("a")])
        }
        #expect(book.isEmpty)
    }

    @Test("an update that fails is taken back, and a leave that fails is done again", arguments: [false, true])
    func failedUpdate(mayBeStored: Bool) {
        var book = Book()
        book.put(.named("a", "1"), ticket: "a1")
        _ = self.write(&book)
        _ = book.wrote([.at(1)])
        book.put(.named("a", "2"), ticket: "a2")
        _ = self.write(&book)
        let outcome = book.failed(mayBeStored: mayBeStored)
        #expect(outcome.failed == ["a2"])
        #expect(book.member(.named("a")) == .named("a", "1"))
        self.check(&book, writes: mayBeStored ? ["a=1"] : [])
        if mayBeStored { _ = book.wrote([.at(3)]) }
        _ = book.remove(.named("a"))
        for _ in 0..<3 {
            self.check(&book, writes: ["-a"])
            let laterOutcome = book.failed(mayBeStored: mayBeStored)
            #expect(laterOutcome.removed.isEmpty)
        }
        self.check(&book, writes: ["-a"])
        let lastOutcome = book.wrote([.at(9)])
        #expect(lastOutcome.removed == [.named("a")])
    }

    @Test("an update that came while the one before failed is written")
    func failedBefore() {
        var book = Book()
        book.put(.named("a", "1"), ticket: "a1")
        _ = self.write(&book)
        book.put(.named("a", "2"), ticket: "a2")
        let outcome = book.failed(mayBeStored: false)
        #expect(outcome.failed == ["a1"])
        self.check(&book, writes: ["a=2"])
        let laterOutcome = book.wrote([.at(1)])
        #expect(laterOutcome.done.map(\.0) == ["a2"])
    }

    @Test("a member that another relay has taken off is written again, unless it was written since")
    func removedByOthers() {
        var book = Book()
        book.put(.named("a"), ticket: "a1")
        _ = self.write(&book)
        // While the write is under way it is not known which came first.
        book.wasRemoved(.named("a"), at: .at(5))
        _ = book.wrote([.at(4)])
        self.check(&book, writes: ["a="])
        book.wasRemoved(.named("a"), at: .at(6))
        _ = book.wrote([.at(7)])
        book.wasRemoved(.named("a"), at: .at(6))
        book.wasRemoved(.named("nobody"), at: .at(6))
        self.check(&book, writes: [])
    }

    @Test("what a stream lacks is written again, and what nobody here knows is taken off")
    func comparison() {
        var book = Book()
        for name in ["a", "b", "c", "late"] { book.put(.named(name, "1"), ticket: name) }
        _ = self.write(&book)
        _ = book.wrote([.at(1), .at(2), .at(3), .at(9)])
        book.compare(with: [.named("a", "1"), .named("b", "older"), .named("stray")], at: .at(5))
        let written = Set(self.write(&book))
        #expect(written == ["b=1", "c=1", "-stray"])
    }

    @Test("what the stream drops is written again")
    func lost() {
        var book = Book()
        book.put(.named("old"), ticket: "old")
        book.put(.named("new"), ticket: "new")
        _ = self.write(&book)
        _ = book.wrote([.at(1), .at(8)])
        book.lost(through: .at(5))
        self.check(&book, writes: ["old="])
        // While it is written the rest goes on.
        book.lost(through: .at(8))
        _ = book.wrote([.at(9)])
        self.check(&book, writes: ["new="])
        _ = book.wrote([.at(10)])
        book.lost(through: .at(8))
        self.check(&book, writes: [])
        book.lost(through: .at(9))
        self.check(&book, writes: ["old="])
        _ = book.failed(mayBeStored: false)
        book.lost(through: .at(9))
        self.check(&book, writes: ["old="])
    }

    @Test("a write has bounds, and begins with those that came first")
    func bounds() {
        var book = Book()
        for number in 0..<10 { book.put(.named("m\(number)"), ticket: "") }
        let cost = PresenceMember.named("m0").cost
        let next = book.beginWrite(maxLines: 3, maxBytes: .max)
        #expect(next.map(\.connection.rawValue) == ["m0", "m1", "m2"])
        _ = book.wrote([.at(1), .at(2), .at(3)])
        let laterNext = book.beginWrite(maxLines: 99, maxBytes: cost + 1)
        #expect(laterNext.map(\.connection.rawValue) == ["m3", "m4"])
        _ = book.failed(mayBeStored: false)
        let lastNext = book.beginWrite(maxLines: 99, maxBytes: 0)
        #expect(lastNext.isEmpty)
    }

    @Test("where the topic is gone nobody waits any more")
    func clearing() {
        var book = Book()
        book.put(.named("a"), ticket: "a1")
        _ = self.write(&book)
        book.put(.named("a", "2"), ticket: "a2")
        book.put(.named("b"), ticket: "b1")
        let settled = book.clear()
        #expect(Set(settled.failed) == ["a1", "a2", "b1"] && Set(settled.removed) == [.named("a"), .named("b")])
        #expect(book.isEmpty && !book.hasToWrite)
    }

    @Test(
        "whatever fails, breaks off or is taken off by others, in the end the stream says who is there",
        arguments: 1...60 as ClosedRange<UInt64>
    )
    func convergence(seed: UInt64) {
        var world = BookWorld(seed: seed)
        for _ in 0..<500 { world.step() }
        world.finish()
        #expect(world.stream == world.wanted)
        #expect(world.book.count == world.wanted.count)
        #expect(world.open.isEmpty, "every ticket is told, once")
        #expect(world.untrue.isEmpty, "who was told of success was stored")
    }
}

/// A book, a stream that takes, loses and breaks off, and clients.
private struct BookWorld {
    private var generator: SeededGenerator
    var book = PresenceBook<Int>()
    /// What the stream says, and what clients want.
    private(set) var stream: [ConnectionID: PresenceMember] = [:]
    private var clients: [ConnectionID: PresenceMember] = [:]
    private(set) var open: Set<Int> = []
    private(set) var untrue: [Int] = []
    /// What each ticket wanted, and what was there before.
    private var tickets: [Int: (wanted: PresenceMember, before: PresenceMember?)] = [:]
    private var place = 0
    private var lines: [PresenceBook<Int>.Line] = []

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    var wanted: [ConnectionID: PresenceMember] {
        self.clients.keys.reduce(into: [:]) { $0[$1] = self.book.member($1) }
    }

    private mutating func name() -> ConnectionID { .named("c\(Int.random(in: 0..<8, using: &self.generator))") }

    mutating func step() {
        switch Int.random(in: 0..<100, using: &self.generator) {
        case 0..<35: self.put()
        case 35..<55: self.remove()
        case 55..<70: self.begin()
        case 70..<85: self.end()
        case 85..<92: self.takeOff()
        case 92..<96: self.book.compare(with: Array(self.stream.values), at: .at(self.place))
        default: self.lose()
        }
    }

    private mutating func put() {
        let connection = self.name()
        let member = PresenceMember.named(connection.rawValue, "\(self.tickets.count)")
        let ticket = self.tickets.count
        self.tickets[ticket] = (member, nil)
        self.open.insert(ticket)
        self.clients[connection] = member
        self.book.put(member, ticket: ticket)
    }

    private mutating func remove() {
        let connection = self.name()
        self.clients[connection] = nil
        for ticket in self.book.remove(connection).void { self.open.remove(ticket) }
    }

    private mutating func begin() {
        guard self.lines.isEmpty else { return }
        self.lines = self.book.beginWrite(maxLines: 4, maxBytes: .max)
    }

    private mutating func end() {
        guard !self.lines.isEmpty else { return }
        let fails = self.generator.chance(40)
        let isStored = !fails || self.generator.chance(50)
        let mayBeStored = isStored || self.generator.chance(50)
        var ids: [MessageID?] = []
        if isStored {
            for line in self.lines {
                self.place += 1
                ids.append(.at(self.place))
                self.stream[line.connection] = line.member
            }
        }
        self.lines = []
        self.settle(fails ? self.book.failed(mayBeStored: mayBeStored) : self.book.wrote(ids))
    }

    private mutating func settle(_ settled: PresenceBook<Int>.Settled) {
        for (ticket, member) in settled.done {
            if self.open.remove(ticket) == nil { self.untrue.append(ticket) }
            if self.stream[member.connection] != member { self.untrue.append(ticket) }
        }
        for ticket in settled.failed where self.open.remove(ticket) == nil { self.untrue.append(ticket) }
    }

    /// Another relay takes this one for lost; this one reads it at once.
    private mutating func takeOff() {
        guard let connection = self.stream.keys.randomElement(using: &self.generator) else { return }
        self.place += 1
        self.stream[connection] = nil
        self.book.wasRemoved(connection, at: .at(self.place))
    }

    /// A master fails; this relay reads anew what is left.
    private mutating func lose() {
        guard self.lines.isEmpty else { return }
        for connection in Array(self.stream.keys) where self.generator.chance(50) { self.stream[connection] = nil }
        self.place += 1
        self.book.compare(with: Array(self.stream.values), at: .at(self.place))
    }

    mutating func finish() {
        if !self.lines.isEmpty {
            self.lines = []
            self.settle(self.book.failed(mayBeStored: false))
        }
        while true {
            let lines = self.book.beginWrite(maxLines: 100, maxBytes: .max)
            guard !lines.isEmpty else { return }
            var ids: [MessageID?] = []
            for line in lines {
                self.place += 1
                ids.append(.at(self.place))
                self.stream[line.connection] = line.member
            }
            self.settle(self.book.wrote(ids))
        }
    }
}
