import RelayWire
import Testing

@testable import RelayCore

@Suite("Messages that the relay itself is told of")
struct HeardMessagesTests {
    private let heard = HeardMessages()

    private static func key(_ name: String) -> TopicKey { TopicKey(name: TopicName(path: name)) }

    private func publish(_ number: UInt64, to topic: String, isRepeat: Bool = false) {
        let id = MessageID(milliseconds: 1, sequence: number)
        let stored = StoredDraft(id: id, timestamp: Timestamp(microseconds: 0), isRepeat: isRepeat)
        self.heard.published(.success(Publication(stored, .stored)), in: Self.key(topic))
    }

    @Test("each is told of once, in its order, if it was stored, and not again for a repeat")
    func once() async {
        self.publish(1, to: "a")
        self.publish(2, to: "a", isRepeat: true)
        self.heard.published(.failure(.overloaded), in: Self.key("a"))
        self.publish(3, to: "b")
        #expect(self.heard.take().map(\.id.sequence) == [1, 3])
        #expect(self.heard.take().isEmpty)
        #expect(await self.heard.arrived.first { _ in true } != nil)
    }

    @Test("a topic that is flooded is heard less, and no other is")
    func flood() {
        for round in 0..<3 {
            for number in 1...1_000 as ClosedRange<UInt64> { self.publish(number, to: "flooded") }
            self.publish(1, to: "quiet")
            let taken = self.heard.take()
            #expect(taken.count { $0.topic == Self.key("flooded") } == HeardMessages.limitOfTopic, "\(round)")
            #expect(taken.count { $0.topic == Self.key("quiet") } == 1)
        }
        for number in 0..<10_000 { self.publish(1, to: "t\(number)") }
        #expect(self.heard.take().count == HeardMessages.limit)
    }
}
