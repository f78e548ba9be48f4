import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Where an event stream begins")
struct EventStreamStartTests {
    private static func names(_ count: Int) throws -> [TopicName] {
        try (0..<count).map { try #require(TopicName("topic-\($0)")) }
    }

    @Test("an event id gives back every topic's cursor", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let names = try Self.names(Int.random(in: 2...20, using: &random))
            let cursors = names.map { topic in
                (topic: topic, id: MessageID(milliseconds: random.next() >> 20, sequence: random.next() >> 40))
            }
            let start = EventStreamStart(
                lastEventID: EventStreamStart.eventID(cursors.map { ($0.topic, "\($0.id)") }),
                offset: nil,
                topics: names.shuffled(using: &random)
            )
            for (topic, id) in cursors { #expect(start.start(of: topic) == .cursor(.after(id))) }
        }
    }

    @Test("an event id with epochs gives them back, and asks for more of them")
    func epochs() throws {
        let names = try Self.names(2)
        let id = MessageID(milliseconds: 5, sequence: 1)
        let text = EventStreamStart.eventID([(names[0], "00000000000000ab@\(id)"), (names[1], "\(id)")])
        let start = EventStreamStart(lastEventID: text, offset: nil, topics: names)
        #expect(start.start(of: names[0]) == .cursor(.inEpoch(0xab, after: id)))
        #expect(start.start(of: names[1]) == .cursor(.after(id)))
        #expect(start.tellsEpochs)
        let alone = EventStreamStart(lastEventID: "ab@5-1", offset: nil, topics: [names[0]])
        #expect(alone.start(of: names[0]) == .cursor(.inEpoch(0xab, after: id)))
        #expect(!EventStreamStart(lastEventID: "5-1", offset: nil, topics: names).tellsEpochs)
        #expect(EventStreamStart(lastEventID: nil, offset: nil, topics: names, epochs: "1").tellsEpochs)
    }

    @Test("an id that is nonsense begins at the oldest message, with one topic and with several")
    func nonsense() throws {
        for count in [1, 3] {
            let names = try Self.names(count)
            let start = EventStreamStart(lastEventID: "bogus", offset: "last", topics: names)
            for name in names { #expect(start.start(of: name) == .cursor(.oldest)) }
        }
        let names = try Self.names(2)
        let start = EventStreamStart(lastEventID: "topic-0:x,:,other:1-0,,topic-1", offset: nil, topics: names)
        #expect(start.start(of: names[0]) == .cursor(.oldest))
        #expect(start.start(of: names[1]) == .tail)
    }

    @Test("the last event outweighs the offset, which counts for topics without a cursor")
    func offsets() throws {
        let names = try Self.names(2)
        let five = MessageID(milliseconds: 5, sequence: 0)
        let table: [(String?, String?, ReaderStart, ReaderStart)] = [
            (nil, nil, .tail, .tail), (nil, "last", .tail, .tail),
            (nil, "earliest", .cursor(.oldest), .cursor(.oldest)),
            (nil, "5-0", .cursor(.after(five)), .cursor(.after(five))),
            ("topic-0:5-0", "earliest", .cursor(.after(five)), .cursor(.oldest)),
            ("topic-0:5-0", nil, .cursor(.after(five)), .tail),
        ]
        for (id, offset, first, second) in table {
            let start = EventStreamStart(lastEventID: id, offset: offset, topics: names)
            #expect(start.start(of: names[0]) == first)
            #expect(start.start(of: names[1]) == second)
        }
    }
}
