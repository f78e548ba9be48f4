import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Frames of Pulse's in a connection's bytes")
struct PulseFrameSplitterTests {
    /// All that come until more must come.
    private func drain(_ splitter: inout PulseFrameSplitter) throws(PulseFrameTooLarge) -> [ByteBuffer] {
        var frames: [ByteBuffer] = []
        while let frame = try splitter.next() { frames.append(frame) }
        return frames
    }

    private func stream(_ frames: [[UInt8]]) -> [UInt8] {
        frames.flatMap { frame in
            (0..<4).map { UInt8(truncatingIfNeeded: frame.count >> (24 - 8 * $0)) } + frame
        }
    }

    private let frames: [[UInt8]] = [[1, 2, 3], [], [4], Array(repeating: 5, count: 300), [], [6, 7]]

    @Test("any two cuts of a stream give the same frames")
    func everyCut() throws {
        let frames: [[UInt8]] = [[1, 2, 3], [], [4], Array(repeating: 5, count: 20), [], [6, 7]]
        let stream = self.stream(frames)
        for first in 0...stream.count {
            for second in first...stream.count {
                var splitter = PulseFrameSplitter(maximumFrame: 20)
                var found: [[UInt8]] = []
                for part in [stream[..<first], stream[first..<second], stream[second...]] {
                    splitter.add(inset(part))
                    found += try self.drain(&splitter).map { Array($0.readableBytesView) }
                }
                #expect(found == frames, "\(first), \(second)")
                #expect(splitter.heldBytes == 0)
            }
        }
    }

    @Test("random cuts, whether or not frames are taken between them", arguments: 0..<8 as Range<UInt64>)
    func randomCuts(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let frames = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                let size =
                    random.chance(20)
                    ? Int.random(in: 0...5_000, using: &random) : Int.random(in: 0...9, using: &random)
                return (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            var rest = self.stream(frames)[...]
            var splitter = PulseFrameSplitter(maximumFrame: 5_000)
            var found: [[UInt8]] = []
            while !rest.isEmpty {
                let size = Int.random(in: 0...(random.chance(50) ? 8 : 2_000), using: &random)
                splitter.add(inset(rest.prefix(size)))
                rest = rest.dropFirst(size)
                if random.chance(80) { found += try self.drain(&splitter).map { Array($0.readableBytesView) } }
            }
            found += try self.drain(&splitter).map { Array($0.readableBytesView) }
            #expect(found == frames)
            #expect(splitter.heldBytes == 0)
        }
    }

    @Test("frames that are whole in what came share its memory")
    func sharing() throws {
        let bytes = ByteBuffer(bytes: self.stream(self.frames))
        var splitter = PulseFrameSplitter(maximumFrame: 300)
        // The length of the first came before it.
        var rest = bytes
        splitter.add(ByteBuffer(bytes: rest.readBytes(length: 2) ?? []))
        let early = try splitter.next()
        #expect(early == nil)
        splitter.add(rest)
        for frame in try self.drain(&splitter) where frame.readableBytes > 0 {
            #expect(self.address(frame) >= self.address(bytes))
            #expect(self.address(frame) < self.address(bytes) + bytes.readableBytes)
        }
    }

    private func address(_ buffer: ByteBuffer) -> Int {
        unsafe buffer.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
    }

    @Test("a frame as large as may be is taken, a larger one is refused as soon as its length is there")
    func limits() throws {
        var splitter = PulseFrameSplitter(maximumFrame: 3)
        splitter.add(ByteBuffer(bytes: [0, 0, 0, 3, 1, 2, 3, 0, 0, 0]))
        let frames = try self.drain(&splitter)
        #expect(frames == [ByteBuffer(bytes: [1, 2, 3])])
        splitter.add(ByteBuffer(bytes: [4]))
        #expect(throws: PulseFrameTooLarge(size: 4)) { try splitter.next() }
    }

    @Test(
        "nothing follows a frame that is too large, and nothing more is held",
        arguments: [1 << 24 + 1, 1 << 31, 0xFFFF_FFFF]
    )
    func tooLarge(size: Int) {
        for maximumFrame in [0, 1_000, 1 << 24, .max] {
            var splitter = PulseFrameSplitter(maximumFrame: maximumFrame)
            var bytes = ByteBuffer(integer: UInt32(size))
            bytes.writeRepeatingByte(0, count: 100)
            for _ in 0..<3 {
                splitter.add(bytes)
                #expect(throws: PulseFrameTooLarge(size: size)) { try splitter.next() }
                #expect(splitter.heldBytes == 0)
            }
        }
    }

    @Test("a frame of 16 MiB that has not come takes no memory")
    func claims() throws {
        var splitter = PulseFrameSplitter(maximumFrame: .max)
        splitter.add(ByteBuffer(integer: 1 << 24 as UInt32))
        let first = try splitter.next()
        #expect(first == nil)
        #expect(splitter.heldBytes == 0)
        var came = 0
        for size in [1, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
            splitter.add(ByteBuffer(repeating: 7, count: size))
            came += size
            let early = try splitter.next()
            #expect(early == nil)
            #expect((came...max(64, 2 * came)).contains(splitter.heldBytes), "\(splitter.heldBytes) for \(came)")
        }
        splitter.add(ByteBuffer(repeating: 7, count: 1 << 24 - came))
        let last = try splitter.next()
        let frame = try #require(last)
        #expect(frame.readableBytes == 1 << 24)
        #expect(frame.storageCapacity == 1 << 24)
        #expect(splitter.heldBytes == 0)
    }

    @Test("what waits keeps all of what it came with, and says so")
    func waiting() throws {
        var splitter = PulseFrameSplitter(maximumFrame: 1 << 20)
        splitter.add(ByteBuffer(bytes: self.stream([Array(repeating: 1, count: 100_000), [2]])))
        let first = try splitter.next()
        #expect(first?.readableBytes == 100_000)
        #expect(splitter.heldBytes >= 100_000)
        let second = try splitter.next()
        #expect(second?.readableBytes == 1 && splitter.heldBytes == 0)
    }

    @Test("an unfinished frame keeps nothing of what it came with")
    func release() throws {
        var splitter = PulseFrameSplitter(maximumFrame: 1 << 20)
        var bytes = ByteBuffer(bytes: self.stream([Array(repeating: 1, count: 100_000)]))
        bytes.writeBytes([0, 0, 1, 0, 9])
        splitter.add(bytes)
        let frames = try self.drain(&splitter)
        #expect(frames.count == 1)
        #expect((1...64).contains(splitter.heldBytes))
    }
}
