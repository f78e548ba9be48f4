import NIOCore
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayPresence

@Suite("What watchers are handed")
struct HandoutTests {
    private func handout(_ content: PresenceHandout.Content) -> PresenceHandout {
        PresenceHandout(
            topic: PresenceStage.news.name,
            content: content,
            counts: PresenceCounts(),
            cursor: Cursor(epoch: 1, at: .at(1))
        )
    }

    @Test("is written once for all, also for those who don't hear of themselves")
    func leavingOut() {
        let members = ["a", "b", "c"].map { PresenceMember.named($0) }
        let changes = self.handout(.changes([.join(members[0]), .update(members[1]), .leave(members[2])]))
        func told(_ name: String) -> [String] {
            changes.encoded(as: Pieces.self, leavingOut: .named(name)).map { String(buffer: $0) }
        }
        for _ in 1...3 {
            #expect(told("a") == ["bc"])
            #expect(told("b") == ["a", "c"])
            #expect(told("c") == ["ab"])
            #expect(told("d") == ["abc"])
        }
        #expect(Pieces.count.load(ordering: .relaxed) == 1)
        #expect(String(buffer: changes.encoded(as: Pieces.self)) == "abc")

        let alone = self.handout(.changes([.join(members[0])]))
        #expect(alone.encoded(as: Pieces.self, leavingOut: .named("a")).isEmpty)
        let sync = self.handout(.sync(members)).encoded(as: Pieces.self, leavingOut: .named("a"))
        #expect(sync.map { String(buffer: $0) } == ["abc"])
    }

    private enum Pieces: PresencePieceFormat {
        static let count = Atomic(0)

        static func encode(_ handout: PresenceHandout) -> ByteBuffer {
            switch handout.content {
            case .sync(let members): ByteBuffer(string: members.map(\.connection.rawValue).joined())
            case .changes(let changes): ByteBuffer(string: changes.map(\.member.connection.rawValue).joined())
            }
        }

        static func encode(_ changes: [PresenceChange], on topic: TopicName) -> (bytes: ByteBuffer, ends: [Int]) {
            self.count.add(1, ordering: .relaxed)
            var (bytes, ends) = (ByteBuffer(), [Int]())
            for change in changes {
                bytes.writeString(change.member.connection.rawValue)
                ends.append(bytes.writerIndex)
            }
            return (bytes, ends)
        }
    }
}
