import RelayAccess
import RelayCore
import Testing

@testable import RelayServer

@Suite("What a receiver knows of a webhook's topics that are read")
struct TopicOccupancyTests {
    private final class Stage {
        let ledger = MemoryLedger()
        private(set) var occupancy: TopicOccupancy

        init(most: Int, told: [TopicKey] = []) {
            let ledger = self.ledger
            self.occupancy = TopicOccupancy(most: most, told: told) { ledger.holdAnyway(1, in: .readers) }
        }

        func find(_ read: [TopicKey], hasRoom: Bool = true) -> [TopicKey] {
            self.occupancy.found(Set(read)) { hasRoom ? self.ledger.holdAnyway(1, in: .readers) : nil }
        }

        func forget(_ key: TopicKey) -> Bool { self.occupancy.forget(key) }

        /// Finds topics, and tells the receiver all that is news.
        func tell(_ read: [TopicKey], hasRoom: Bool = true) -> [String] {
            let found = self.find(read, hasRoom: hasRoom).sorted { $0.name.rawValue < $1.name.rawValue }
            return found.compactMap { key in
                let event = self.occupancy.news(of: key)
                if let event { self.occupancy.settle(event, of: key) }
                _ = self.occupancy.forget(key)
                return event.map { "\($0) \(key.name.rawValue)" }
            }
        }
    }

    private static func keys(_ numbers: some Sequence<Int>) -> [TopicKey] {
        numbers.map { TopicKey(name: TopicName(path: "t\($0)")) }
    }

    @Test("a topic is occupied once, and vacated when it was missed in two looks")
    func states() {
        let stage = Stage(most: 9)
        let key = Self.keys(0..<1)
        #expect(stage.tell(key) == ["occupied t0"])
        #expect(stage.tell(key).isEmpty && stage.occupancy.told == ["t0"])
        #expect(stage.tell([]).isEmpty)
        #expect(stage.tell(key).isEmpty)
        #expect(stage.tell([]).isEmpty)
        #expect(stage.tell([]) == ["vacated t0"])
        #expect(stage.occupancy.count == 0 && stage.occupancy.told.isEmpty)
    }

    @Test(
        "there are no more than may be, whoever comes and goes; those that are known stay, and the others follow as these go"
    )
    func bound() {
        let stage = Stage(most: 3)
        #expect(stage.tell(Self.keys(5..<9)) == ["occupied t5", "occupied t6", "occupied t7"])
        // Some come before these in every order, and still wait.
        for _ in 0..<5 { #expect(stage.tell(Self.keys(0..<9)).isEmpty) }
        #expect(stage.occupancy.told == ["t5", "t6", "t7"])
        #expect(stage.tell(Self.keys(0..<7)).isEmpty)
        #expect(stage.tell(Self.keys(0..<7)) == ["vacated t7"])
        #expect(stage.tell(Self.keys(0..<7)) == ["occupied t0"])
        for round in 0..<100 {
            _ = stage.tell(Self.keys(3 * round..<3 * round + 50))
            #expect(stage.occupancy.count <= 3 && stage.occupancy.told.count <= 3)
        }
    }

    @Test("each costs memory for as long as it is known, and what there is no room for waits")
    func memory() {
        let stage = Stage(most: 9, told: Self.keys(0..<2))
        #expect(stage.ledger.total == 2)
        #expect(stage.tell(Self.keys(0..<5), hasRoom: false).isEmpty && stage.occupancy.count == 2)
        #expect(stage.tell(Self.keys(0..<3)) == ["occupied t2"] && stage.ledger.total == 3)
        _ = stage.tell([])
        #expect(stage.tell([]) == ["vacated t0", "vacated t1", "vacated t2"])
        #expect(stage.ledger.total == 0)
    }

    @Test("of those that an earlier run has told no more are taken over than may be")
    func restored() {
        #expect(Stage(most: 2, told: Self.keys(0..<5)).occupancy.count == 2)
    }

    @Test("a topic that nobody reads any more before it was told is forgotten")
    func untold() {
        let stage = Stage(most: 2)
        let key = Self.keys(0..<1)
        #expect(stage.find(key) == key && stage.find([]) == key)
        #expect(stage.occupancy.news(of: key[0]) == nil)
        #expect(stage.forget(key[0]) && stage.occupancy.count == 0)
    }
}
