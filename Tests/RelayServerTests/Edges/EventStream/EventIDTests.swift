import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("The ids of a stream's events")
struct EventIDTests {
    private static func names(_ count: Int) throws -> [TopicName] {
        try (0..<count).map { try #require(TopicName("topic-\($0)")) }
    }

    @Test(
        "a topic's cursor changes in place, whatever its length, and the others stay",
        arguments: [1, 2, 3] as [UInt64]
    )
    func changes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let names = try Self.names(7)
        var eventID = EventID(names)
        var expected = names.map { "\($0):0-0" }
        for _ in 0..<500 {
            let index = Int.random(in: names.indices, using: &random)
            let id = MessageID(
                milliseconds: random.next() >> UInt64.random(in: 0...63, using: &random),
                sequence: random.next() >> UInt64.random(in: 0...63, using: &random)
            )
            let epoch = random.chance(30) ? random.next() | 1 : nil
            eventID.set(index, id, epoch: epoch)
            expected[index] = "\(names[index]):" + (epoch.map { StreamEpoch.text(of: $0) + "@" } ?? "") + "\(id)"
            #expect(String(buffer: eventID.bytes) == expected.joined(separator: ","))
        }
    }

    @Test("a stream of one topic has the cursor alone")
    func alone() throws {
        var eventID = EventID(try Self.names(1))
        eventID.set(0, MessageID(milliseconds: 5, sequence: 1), epoch: nil)
        #expect(String(buffer: eventID.bytes) == "5-1")
    }

    @Test("what a delivery writes of an id does not grow with the stream's topics")
    func work() throws {
        let writes = try [1, 50].map { count in
            var eventID = EventID(try Self.names(count))
            let first = MessageID(milliseconds: 1_795_267_150_219, sequence: 0)
            for index in 0..<count { eventID.set(index, first, epoch: nil) }
            return (1...1_000).reduce(0) { sum, step in
                let id = MessageID(milliseconds: first.milliseconds + UInt64(step), sequence: 0)
                return sum + eventID.set(step % count, id, epoch: nil)
            }
        }
        #expect(writes[0] == writes[1])
    }

    @Test("a batch is encoded once for all streams of several topics, and its events come out as they went in")
    func batch() throws {
        let topic = try Self.names(1)[0]
        let messages = (1...5).map { number in
            Message(
                id: MessageID(milliseconds: UInt64(number), sequence: 0),
                timestamp: Timestamp(microseconds: 0),
                payload: ByteBuffer(string: "{\"n\":\(number)}"),
                metadata: nil,
                expiresAt: nil
            )
        }
        let batch = Batch(topic: topic, messages: messages)
        var events = batch.encoded(as: BareEventStreamBatch.self)
        for number in 1...5 {
            let next = events.readEvent()
            let event = try #require(next)
            #expect(String(buffer: event).hasPrefix("event: message\ndata: {"))
            #expect(String(buffer: event).contains("{\"n\":\(number)}"))
            #expect(String(buffer: event).hasSuffix("}\n\n"))
        }
        #expect(events.readableBytes == 0)
    }
}
