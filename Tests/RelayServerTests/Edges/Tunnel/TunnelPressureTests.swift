import NIOCore
import RelayCore
import Synchronization
import Testing

@testable import RelayServer

@Suite("A tunnel whose one end does not read", .timeLimit(.minutes(4)))
struct TunnelPressureTests {
    private static let pieceBytes = 256 << 10
    private static let pieces = 256

    @Test("stops the writes of the other, holds no more than a window, and goes on where it was", arguments: [1, 2])
    func stalled(threads: Int) async throws {
        try await TunnelFixture.with(threads: threads) { relay in
            let (opener, target) = (try await relay.open("opener"), try await relay.open("target", reads: false))
            let written = Self.write(to: opener)
            let most = try await Self.untilStill(written, relay.memory)
            // What the systems' buffers on the way hold, and far from all.
            #expect(written.count < Self.pieces / 2)
            // The window, what one read brings, and what is queued at the socket, each counted twice at most.
            #expect(most <= 2 * ((256 << 10) + (64 << 10) + (128 << 10)))
            // The other direction is not held up by it.
            target.send(0x82, ByteBuffer(string: "still here"))
            #expect(await opener.bytes(10) == ByteBuffer(string: "still here"))

            try await target.connection.startReading()
            var received = 0
            while received < Self.pieces * Self.pieceBytes, let frame = await target.next(), frame.opcode == 2 {
                #expect(Self.isExpected(frame.payload, at: received))
                received += frame.payload.readableBytes
            }
            #expect(received == Self.pieces * Self.pieceBytes)
            opener.connection.disconnect()
            target.connection.disconnect()
        }
    }

    /// Every byte says in which piece it stands.
    private static func payload(_ piece: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeRepeatingByte(UInt8(truncatingIfNeeded: piece), count: self.pieceBytes)
        return buffer
    }

    /// The first byte and the last are enough of each frame.
    private static func isExpected(_ bytes: ByteBuffer, at start: Int) -> Bool {
        [0, bytes.readableBytes - 1].allSatisfy { place in
            let expected = UInt8(truncatingIfNeeded: (start + place) / self.pieceBytes)
            return bytes.getInteger(at: bytes.readerIndex + place, as: UInt8.self) == expected
        }
    }

    /// Writes piece after piece, each when the one before it was taken.
    ///
    /// - Returns: how many were.
    private static func write(to end: TestWebSocket) -> TakenPieces {
        let taken = TakenPieces()
        let channel = end.connection.channel
        @Sendable func writePiece(_ piece: Int) {
            guard piece < self.pieces else { return }
            channel.writeAndFlush(TestWebSocket.plainFrame(self.payload(piece))).whenSuccess {
                taken.add()
                writePiece(piece + 1)
            }
        }
        writePiece(0)
        return taken
    }

    /// Waits until nothing is written for a second.
    ///
    /// - Returns: the most that was held in memory.
    private static func untilStill(_ taken: TakenPieces, _ memory: MemoryLedger) async throws -> Int {
        var most = 0
        var before = -1
        while taken.count != before || taken.count == 0 {
            before = taken.count
            for _ in 0..<100 {
                try await Task.sleep(for: .milliseconds(10))
                most = max(most, memory.bytes(in: .answers))
            }
        }
        return most
    }
}

private final class TakenPieces: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { self.number.load(ordering: .relaxed) }

    func add() { self.number.add(1, ordering: .relaxed) }
}
