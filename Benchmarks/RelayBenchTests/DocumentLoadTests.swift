import NIOCore
import RelayDocuments
import Testing

@testable import relay_bench

@Suite struct DocumentLoadTests {
    @Test("A writer's updates are those that Yjs makes of the same typing")
    func writer() {
        var writer = DocumentWriter(client: 300)
        // Of Yjs, whose client 300 types a, b and c.
        #expect(writer.type("a") == [1, 1, 0xAC, 2, 0, 4, 1, 1, 0x74, 1, 0x61, 0])
        #expect(writer.type("b") == [1, 1, 0xAC, 2, 1, 0x84, 0xAC, 2, 0, 1, 0x62, 0])
        #expect(writer.type("c") == [1, 1, 0xAC, 2, 2, 0x84, 0xAC, 2, 1, 1, 0x63, 0])
    }

    @Test("Updates are counted alike, whether they come alone or merged")
    func counts() throws {
        let typists = Typists(10)
        let updates = (0..<3).flatMap { _ in typists.next() }
        #expect(updates.allSatisfy { DocumentSpeech.count(in: $0) == 1 })
        #expect(DocumentSpeech.count(in: Update.mergedBytes(try updates.map { try Update($0) })) == 30)
        #expect(DocumentSpeech.count(in: [1]) == 0)
    }

    @Test("What a server says is told apart")
    func speech() {
        #expect(DocumentSpeech.heard(DocumentSpeech.question) == .question)
        #expect(DocumentSpeech.heard(DocumentSpeech.nothing) == .document([0, 0]))
        #expect(DocumentSpeech.heard(DocumentSpeech.update([1, 2])) == .update([1, 2]))
        #expect(DocumentSpeech.heard(ByteBuffer(bytes: DocumentFrame.keepAlive)) == .other)
        #expect(DocumentSpeech.heard(ByteBuffer(bytes: [0, 2, 9])) == .other)
    }

    @Test("Each stamp of a message is found, and what only looks like one is passed over")
    func stamps() {
        let message = ByteBuffer(string: "@12 " + LatencyStamp.now() + "@" + LatencyStamp.now())
        let ages = LatencyStamp.ages(in: message)
        #expect(ages.count == 2)
        #expect(ages.allSatisfy { (0..<60_000_000_000).contains($0) })
    }

    @Test("A client's frame has the right length, in each of its forms", arguments: [0, 125, 126, 65535, 65536])
    func frames(size: Int) throws {
        var frame = ClientFrame.binary(ByteBuffer(repeating: 0, count: size))
        let read = frame.readBytes(length: 2)
        let head = try #require(read)
        #expect(head[0] == 0x82)
        let length: Int? =
            switch head[1] & 0x7F {
            case 127: frame.readInteger(as: UInt64.self).map { Int($0) }
            case 126: frame.readInteger(as: UInt16.self).map { Int($0) }
            case let short: Int(short)
            }
        #expect(length == size)
        #expect(head[1] & 0x80 == 0x80)
        // The mask is what is left.
        #expect(frame.readableBytes == size + 4)
    }

    @Test("A history that breaks off is none")
    func history() {
        #expect(YjsHistory.updates(in: []) == [])
        #expect(YjsHistory.updates(in: [1, 0, 0, 0, 7, 2, 0, 0, 0, 8, 9]) == [[7], [8, 9]])
        #expect(YjsHistory.updates(in: [2, 0, 0, 0, 7]) == nil)
        #expect(YjsHistory.updates(in: [1, 0, 0]) == nil)
    }

    @Test("A large update is about as large as asked, the same each time, and both halves together")
    func largeUpdate() throws {
        let large = LargeUpdate(bytes: 1_000_000)
        #expect((800_000...1_200_000).contains(large.whole.count))
        #expect(large.whole == LargeUpdate(bytes: 1_000_000).whole)
        let halves = try [Update(large.newer), Update(large.older)]
        #expect(Update.mergedBytes(halves) == large.whole)
        let known = try StateVector(large.known)
        #expect(known == halves[1].stateVector)
        #expect(try Update(large.whole).diff(against: known) == large.newer)
    }
}
