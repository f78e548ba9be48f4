import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayPresence
@testable import RelayServer

@Suite("Who is there, as frames of Pulse's")
struct PulsePresenceBatchTests {
    private func frames(_ members: [PresenceMember]) throws -> [PulseValue] {
        let handout = PresenceHandout(
            topic: TopicName(path: "room"),
            content: .sync(members),
            counts: PresenceCounts(users: 1, connections: members.count),
            cursor: .oldest
        )
        var bytes = handout.encoded(as: PulsePresenceBatch.self)
        var splitter = PulseFrameSplitter(maximumFrame: PulseFraming.maximumFrame)
        while let message = try self.message(in: &bytes) { splitter.add(message) }
        var frames: [PulseValue] = []
        while let frame = try splitter.next() {
            frames.append(try #require(PulseValue(Array(frame.readableBytesView))))
        }
        return frames
    }

    /// The payload of the next WebSocket message.
    private func message(in bytes: inout ByteBuffer) throws -> ByteBuffer? {
        guard let head = bytes.readInteger(as: UInt16.self) else { return nil }
        try #require(head >> 8 == 0x82)
        let size: Int? =
            switch head & 0x7F {
            case 127: bytes.readInteger(as: UInt64.self).map { Int($0) }
            case 126: bytes.readInteger(as: UInt16.self).map { Int($0) }
            case let size: Int(size)
            }
        let message: ByteBuffer = try #require(size.flatMap { bytes.readSlice(length: $0) })
        return message
    }

    private func members(_ count: Int, bytes: Int) throws -> [PresenceMember] {
        let data = ByteBuffer(string: "\"" + String(repeating: "x", count: bytes - 2) + "\"")
        return try (0..<count).map { number in
            PresenceMember(
                connection: try #require(ConnectionID("c\(number)")),
                user: UserID("u"),
                username: "alice",
                data: data,
                joinedAt: Timestamp(microseconds: 1_000),
                lastSeen: Timestamp(microseconds: 1_000),
                relay: RelayName("r")
            )
        }
    }

    @Test("all who are there are one frame")
    func one() throws {
        let frames = try self.frames(try self.members(3, bytes: 20))
        #expect(frames.count == 1 && frames.first?["action"] == .number(3))
    }

    @Test("where that is more than a frame may be, each is told of by itself")
    func tooMany() throws {
        let frames = try self.frames(try self.members(300, bytes: 64 << 10))
        #expect(frames.count == 300)
        #expect(frames.allSatisfy { $0["type"] == .text("presence") && $0["action"] == .number(0) })
        #expect(Set(frames.map { $0["data"]?["connection_id"]?.text }).count == 300)
    }
}
