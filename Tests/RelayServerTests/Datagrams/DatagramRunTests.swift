import NIOCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Datagrams that leave together")
struct DatagramRunTests {
    private func datagram(_ size: Int, _ byte: UInt8 = 7) -> ByteBuffer { ByteBuffer(repeating: byte, count: size) }

    @Test("a run takes datagrams of one size, and one shorter one as its last")
    func sizes() {
        var run = DatagramRun()
        #expect(run.takes(self.datagram(100), channel: nil, payload: 100))
        run.append(self.datagram(100, 1), channel: nil, payload: 100)
        #expect(!run.takes(self.datagram(101), channel: nil, payload: 101))
        #expect(!run.takes(self.datagram(0), channel: nil, payload: 0), "an empty one can't be cut off")
        #expect(run.takes(self.datagram(100), channel: nil, payload: 100))
        run.append(self.datagram(100, 2), channel: nil, payload: 100)
        #expect(run.takes(self.datagram(40), channel: nil, payload: 40))
        run.append(self.datagram(40, 3), channel: nil, payload: 40)
        #expect(!run.takes(self.datagram(40), channel: nil, payload: 40), "only the last may be shorter")
        #expect((run.count, run.size) == (3, 100))
        #expect(
            run.bytes
                == ByteBuffer(
                    bytes: [1, 2].flatMap { [UInt8](repeating: $0, count: 100) } + [UInt8](repeating: 3, count: 40)
                )
        )
        #expect((0...3).map { run.payload(ofFirst: $0) } == [0, 100, 200, 240])
    }

    @Test("channel data have their head, which is not counted")
    func channels() {
        var run = DatagramRun()
        run.append(self.datagram(3), channel: 0x4001, payload: 3)
        run.append(self.datagram(3, 8), channel: 0x4002, payload: 3)
        #expect(run.bytes == ByteBuffer(bytes: [0x40, 1, 0, 3, 7, 7, 7, 0x40, 2, 0, 3, 8, 8, 8]))
        #expect(run.payload(ofFirst: 2) == 6)
        #expect(!run.takes(self.datagram(7), channel: nil, payload: 1), "as long, but with another payload")
    }

    @Test("an empty run takes anything, also after it was cleared")
    func cleared() {
        var run = DatagramRun()
        for size in [0, 2_048, 10] {
            #expect(run.takes(self.datagram(size), channel: nil, payload: size))
            run.append(self.datagram(size), channel: nil, payload: size)
            #expect(run.payload(ofFirst: 1) == size)
            run.clear()
            #expect(run.isEmpty && run.bytes.readableBytes == 0)
        }
    }

    @Test("a run has an end, by count and by bytes")
    func bounds() {
        for (size, most) in [(1, DatagramRun.mostDatagrams), (2_000, DatagramRun.mostBytes / 2_000)] {
            var run = DatagramRun()
            while run.takes(self.datagram(size), channel: nil, payload: size) {
                run.append(self.datagram(size), channel: nil, payload: size)
            }
            #expect(run.count == most)
        }
    }
}
