import NIOCore
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

    private static func eventID(_ cursors: [(TopicName, MessageID, UInt64?)]) -> String {
        var eventID = EventID(cursors.map(\.0))
        for (index, cursor) in cursors.enumerated() { eventID.set(index, cursor.1, epoch: cursor.2) }
        return String(buffer: eventID.bytes)
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
                lastEventID: Self.eventID(cursors.map { ($0.topic, $0.id, nil) }),
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
        let text = Self.eventID([(names[0], id, 0xab), (names[1], id, nil)])
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
        for id in ["topic-0:x,:,other:1-0,,topic-1", "a:b", "topic-0:5-0,", ":", ",", "topic-0:5-0,topi", "5-0"] {
            let start = EventStreamStart(lastEventID: id, offset: nil, topics: names)
            #expect(start.start(of: names[1]) == .cursor(.oldest), "\(id)")
        }
        let alone = EventStreamStart(lastEventID: "no:id", offset: "last", topics: [names[0]])
        #expect(alone.start(of: names[0]) == .cursor(.oldest))
    }

    @Test("a whole id of other topics says nothing of these, and the lower of two cursors of a topic counts")
    func otherTopics() throws {
        let names = try Self.names(2)
        let start = EventStreamStart(lastEventID: "other:5-0,topic-0:7-0,topic-0:3-0", offset: nil, topics: names)
        #expect(start.start(of: names[0]) == .cursor(.after(MessageID(milliseconds: 3, sequence: 0))))
        #expect(start.start(of: names[1]) == .tail)
    }

    @Test("an empty id is none, and an empty offset is none")
    func empty() throws {
        let names = try Self.names(1)
        for (id, offset, expected) in [
            ("", nil, .tail), ("", "", .tail), (nil, "", .tail), ("", "earliest", .cursor(.oldest)),
            (nil, "LAST", .tail), (nil, "latest", .cursor(.oldest)),
        ] as [(String?, String?, ReaderStart)] {
            let start = EventStreamStart(lastEventID: id, offset: offset, topics: names)
            #expect(start.start(of: names[0]) == expected, "\(id ?? "nil") \(offset ?? "nil")")
        }
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
