import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayPresence

@Suite("Who is on a topic, at a place of its stream")
struct RosterTests {
    @Test("what is kept of those that left costs no more than who is there, and so much is said of who comes and goes")
    func boundedByCost() {
        var roster = Roster(of: "t")
        let text = String(repeating: "x", count: 64 << 10)
        for number in 1...100 {
            roster.take(.here(.named("c", text)), at: .at(2 * number))
            roster.take(.gone("c"), at: .at(2 * number + 1))
        }
        #expect(roster.memoryCost < 128 << 10)
        #expect(roster.changes(after: .at(3)) == nil)
        roster.take(.here(.named("d")), at: .at(500))
        #expect(roster.changes(after: .at(201))?.count == 1)
        #expect(Array(roster.relays) == [.a])
        roster.take(.gone("d"), at: .at(501))
        #expect(Array(roster.relays).isEmpty)
    }

    private func roster(_ words: [PresenceWord]) -> Roster {
        var roster = Roster(of: "t")
        for (number, word) in words.enumerated() { roster.take(word, at: .at(number + 1)) }
        return roster
    }

    @Test("the newest word of each connection holds, and users count once")
    func folding() {
        let roster = self.roster([
            .here(.named("a", "1")), .here(.named("b", of: "greta")), .here(.named("c")), .here(.named("a", "2")),
            .gone("b"), .gone("never"),
        ])
        #expect(roster.sorted == [.named("a", "2"), .named("c")])
        #expect(roster.counts == PresenceCounts(users: 1, connections: 2))
        #expect(roster.position == .at(6))
        #expect(roster.cost == roster.sorted.reduce(0) { $0 + $1.cost })
    }

    @Test("words that were meant for another topic of the name count for nothing, but pass")
    func anotherTopic() {
        var roster = self.roster([.here(.named("a"))])
        roster.take(.gone("a", topic: "older"), at: .at(8))
        roster.take(.here(.named("ghost"), topic: "older"), at: .at(9))
        #expect(roster.sorted == [.named("a")])
        #expect(roster.position == .at(9))
        var nobody = Roster(of: nil)
        nobody.take(.here(.named("a")), at: .at(1))
        #expect(nobody.members.isEmpty && nobody.position == .at(1))
    }

    @Test("of each member that was touched it is told once what became of it, in the order of the last touch")
    func net() {
        let roster = self.roster([
            .here(.named("a", "1")), .here(.named("b")), .here(.named("c", "old")),
            .here(.named("a", "2")), .here(.named("new", "1")), .here(.named("brief")), .gone("b"),
            .here(.named("a", "3")), .gone("brief"), .here(.named("new", "2")), .gone("c"), .here(.named("c", "again")),
        ])
        #expect(
            roster.changes(after: .at(3)) == [
                .leave(.named("b")), .update(.named("a", "3")), .join(.named("new", "2")),
                .update(.named("c", "again")),
            ]
        )
        #expect(roster.changes(after: roster.position) == [])
    }

    @Test("who left is told as it was last")
    func leaver() {
        let roster = self.roster([.here(.named("a", "1")), .here(.named("a", "2")), .gone("a")])
        #expect(roster.changes(after: .at(1)) == [.leave(.named("a", "2"))])
    }

    @Test("what is said again, and says the same, is no news")
    func again() {
        var roster = self.roster([.here(.named("a", "1"))])
        roster.take(.here(.named("a", "1")), at: .at(5))
        #expect(roster.changes(after: .at(1)) == [])
        roster.take(.here(.named("a", "1", seen: 9)), at: .at(6))
        #expect(roster.changes(after: .at(1)) == [.update(.named("a", "1", seen: 9))])
    }

    @Test("who stood before what is known is told all, and never a part")
    func forgotten() {
        var roster = Roster(of: "t", reading: [.here(.named("a"))], through: .at(100))
        #expect(roster.changes(after: .at(99)) == nil)
        #expect(roster.changes(after: .at(100)) == [])
        for number in 0..<2_000 { roster.take(.here(.named("a", "\(number)")), at: .at(101 + number)) }
        #expect(roster.changes(after: .at(100)) == nil)
        #expect(roster.changes(after: .at(2_000))?.count == 1)
        #expect(roster.memoryCost < 100_000)
    }

    @Test("a roster that was read anew goes on from the one before")
    func becoming() {
        var roster = self.roster([.here(.named("a", "1")), .here(.named("b")), .here(.named("c"))])
        let read = Roster(
            of: "t",
            reading: [.here(.named("a", "2")), .here(.named("c")), .here(.named("d"))],
            through: .at(20)
        )
        let isTaken = roster.becomes(read)
        #expect(isTaken)
        #expect(roster.sorted == read.sorted && roster.position == .at(20) && roster.counts == read.counts)
        let changes = roster.changes(after: .at(3)) ?? []
        #expect(Set(changes) == [.update(.named("a", "2")), .leave(.named("b")), .join(.named("d"))])
        #expect(roster.changes(after: .at(20)) == [])
    }

    @Test("a topic that is made goes on from when it was not there")
    func made() {
        for place in [MessageID.zero, .at(5)] {
            var roster = Roster(of: nil)
            let words = place == .zero ? [] : [PresenceWord.here(.named("a"))]
            let isTaken = roster.becomes(Roster(of: "t", reading: words, through: place))
            #expect(isTaken && roster.topic == "t" && roster.position == place)
            #expect(roster.changes(after: .zero) == (place == .zero ? [] : [.join(.named("a"))]))
        }
    }

    @Test("a roster does not become one of another topic, of an earlier place, or of the same place with others")
    func notBecoming() {
        let roster = self.roster([.here(.named("a"))])
        for other in [
            Roster(of: "another", reading: [.here(.named("a"))], through: .at(9)),
            Roster(of: "t", reading: [.here(.named("a"))], through: .zero),
            Roster(of: "t", reading: [.here(.named("b"))], through: .at(1)),
        ] {
            var known = roster
            let isTaken = known.becomes(other)
            #expect(!isTaken && known.sorted == roster.sorted && known.position == roster.position)
        }
        var same = roster
        let isTaken = same.becomes(Roster(of: "t", reading: [.here(.named("a"))], through: .at(1)))
        #expect(isTaken)
    }

    @Test("whoever is told changes from any place on knows what there is", arguments: 1...30 as ClosedRange<UInt64>)
    func everyPlace(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var roster = Roster(of: "t")
        var known: [(place: MessageID, members: [ConnectionID: PresenceMember])] = [(.zero, [:])]
        for number in 1...400 {
            let name = "c\(Int.random(in: 0..<12, using: &generator))"
            let word: PresenceWord =
                generator.chance(40)
                ? .gone(name) : .here(.named(name, "\(Int.random(in: 0..<3, using: &generator))"))
            roster.take(word, at: .at(number))
            if generator.chance(20) { known.append((.at(number), roster.members)) }
        }
        for (place, members) in known {
            guard let changes = roster.changes(after: place) else { continue }
            var view = members
            #expect(Set(changes.map(\.member.connection)).count == changes.count)
            for change in changes {
                switch change {
                case .join(let member): #expect(members[member.connection] == nil)
                case .update(let member), .leave(let member): #expect(members[member.connection] != nil)
                }
            }
            view.take(changes)
            #expect(view == roster.members)
        }
        #expect(known.last.map { roster.changes(after: $0.place) != nil } == true)
    }
}
