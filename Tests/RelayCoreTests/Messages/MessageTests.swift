import NIOCore
import RelayCore
import RelayWire
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("a message is expired from its moment of expiry on")
    func expiry() {
        let draft = Draft.numbered(1, at: Timestamp(microseconds: 5), ttl: 2)
        let message = draft.message(id: .ms(1))
        #expect(message.expiresAt == Timestamp(microseconds: 2_000_005))
        #expect(!message.isExpired(at: Timestamp(microseconds: 2_000_004)))
        #expect(message.isExpired(at: Timestamp(microseconds: 2_000_005)))
        #expect(
            !Draft.numbered(1, at: Timestamp(microseconds: 5)).message(id: .ms(1)).isExpired(
                at: Timestamp(microseconds: .max)
            )
        )
    }

    @Test("a ttl beyond all time never traps")
    func hugeTTL() {
        let draft = Draft.numbered(1, at: Timestamp(microseconds: 5), ttl: .max)
        #expect(draft.expiresAt == Timestamp(microseconds: .max))
    }

    @Test("a message costs its content and its bookkeeping")
    func cost() {
        let small = Message.at(1).memoryCost
        #expect(small > 0)
        #expect(Message.at(1, bytes: 1_000).memoryCost == small + 1_000)
    }

    @Test("in an answer bytes cost what their base64 does, and JSON what it does in memory")
    func answerCost() {
        let small = Message.at(1).memoryCost
        #expect(Message.at(1, bytes: 1_000).answerCost == small + 1_000)
        for (count, size) in [(0, 0), (1, 4), (3, 4), (1_000, 1_336)] {
            var draft = Draft.numbered(1, at: Timestamp(microseconds: 0))
            draft.payload = ByteBuffer(repeating: 0, count: count)
            draft.format = .binary
            #expect(draft.message(id: .ms(1)).answerCost == small + size)
            #expect(draft.message(id: .ms(1)).memoryCost == small + count)
        }
    }
}
