import NIOCore
import SeededRandom
import Testing

@testable import RelayServer

@Suite("What an HTTP/2 client sends, frame by frame")
struct FrameWatchTests {
    private static let preface = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 1, _ bytes: Int = 0) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(UInt32(bytes) << 8 | UInt32(kind))
        frame.writeInteger(flags)
        frame.writeInteger(stream)
        frame.writeRepeatingByte(0xFF, count: bytes)
        return frame
    }

    private static func begun() -> FrameWatch {
        var watch = FrameWatch(at: self.start)
        let isFine = watch.read(self.preface, at: self.start)
        precondition(isFine)
        return watch
    }

    @Test("A client that has not sent its preface waits, and one that has sent whole frames does not")
    func preface() {
        var watch = FrameWatch(at: Self.start)
        #expect(watch.waitingSince == Self.start)
        var first = Self.preface
        let half = first.readSlice(length: 10)!
        let isHalfFine = watch.read(half, at: Self.start + .seconds(1))
        #expect(isHalfFine)
        #expect(watch.waitingSince == Self.start)
        let isFine = watch.read(first, at: Self.start + .seconds(2))
        #expect(isFine)
        #expect(watch.waitingSince == nil)
        #expect(watch.waitingBytes == 0)
    }

    @Test("A head waits until a frame says that it is complete, and so does a part of a frame; data does not")
    func waiting() {
        var watch = Self.begun()
        let later = Self.start + .seconds(3)
        var isFine = watch.read(Self.frame(1, flags: 0, 5_000), at: later)
        #expect(isFine)
        #expect(watch.waitingBytes == 5_000)
        #expect(watch.waitingSince == later)
        isFine = watch.read(Self.frame(9, flags: 0, 1_000), at: later + .seconds(1))
        #expect(isFine)
        #expect(watch.waitingBytes == 6_000)
        #expect(watch.waitingSince == later)
        isFine = watch.read(Self.frame(9, flags: 4, 10), at: later + .seconds(2))
        #expect(isFine)
        #expect(watch.waitingBytes == 0)
        #expect(watch.waitingSince == nil)
        var data = Self.frame(0, flags: 0, 9_000)
        isFine = watch.read(data.readSlice(length: 5_000)!, at: later + .seconds(3))
        #expect(isFine)
        #expect(watch.waitingSince == nil)
        #expect(watch.waitingBytes == 0)
    }

    @Test("A frame that ends in the read in which the next begins does not keep the time of the one before")
    func newWait() {
        var watch = Self.begun()
        var first = Self.frame(1, flags: 4, 100)
        var second = Self.frame(1, flags: 4, 100)
        _ = watch.read(first.readSlice(length: 50)!, at: Self.start + .seconds(1))
        first.writeImmutableBuffer(second.readSlice(length: 50)!)
        _ = watch.read(first, at: Self.start + .seconds(9))
        #expect(watch.waitingSince == Self.start + .seconds(9))
    }

    @Test("Frames are the same however they are cut", arguments: UInt64(1)...40)
    func cuts(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var all = Self.preface
        var headers = 0
        for _ in 0..<200 {
            let kind = UInt8.random(in: 0...11, using: &random)
            let flags: UInt8 = kind == 1 || kind == 9 ? 4 : 1
            if kind == 8 || kind == 9 || kind > 9 || kind == 5 || kind == 7 { headers += 1 }
            all.writeImmutableBuffer(Self.frame(kind, flags: flags, Int.random(in: 0...300, using: &random)))
        }
        var watch = FrameWatch(at: Self.start)
        while all.readableBytes > 0 {
            let count = Int.random(in: 1...min(400, all.readableBytes), using: &random)
            let isFine = watch.read(all.readSlice(length: count)!, at: Self.start)
            #expect(isFine)
        }
        #expect(watch.waitingSince == nil)
        #expect(watch.waitingBytes == 0)
        // What is left of the stock shows how many were counted.
        var more = 0
        while watch.read(Self.frame(8, 4), at: Self.start) { more += 1 }
        #expect(more == 1_000 - headers)
    }

    @Test("Frames that ask for nothing are bounded, grow with time and with what is sent, and no more than that")
    func budget() {
        var budget = FrameBudget(.idle, at: Self.start)
        func spend(at now: NIODeadline) -> Int {
            var count = 0
            while count < 100_000, budget.spend(at: now) { count += 1 }
            return count
        }
        #expect(spend(at: Self.start) == 1_000)
        #expect(spend(at: Self.start + .milliseconds(900)) == 0)
        #expect(spend(at: Self.start + .seconds(1)) == 200)
        #expect(spend(at: Self.start + .seconds(100)) == 1_000)
        for _ in 0..<50 { budget.earn() }
        #expect(spend(at: Self.start + .seconds(100)) == 100)
        for _ in 0..<100_000 { budget.earn() }
        #expect(spend(at: Self.start + .seconds(100)) == 10_000)
    }

    @Test("Requests, bodies, and what the library bounds are not counted here")
    func others() {
        var watch = Self.begun()
        for _ in 0..<20_000 {
            for kind: UInt8 in [1, 2, 3, 4, 6] {
                let isFine = watch.read(Self.frame(kind, flags: 5, 8), at: Self.start)
                #expect(isFine)
            }
            let isData = watch.read(Self.frame(0, 64), at: Self.start)
            #expect(isData)
            let isEnd = watch.read(Self.frame(0, flags: 1, 0), at: Self.start)
            #expect(isEnd)
        }
        var empty = 0
        while watch.read(Self.frame(0, flags: 0, 0), at: Self.start) { empty += 1 }
        #expect(empty == 1_000)
    }

    @Test("Small pieces of data, which wait with more than they bring, are counted apart")
    func small() {
        var watch = Self.begun()
        var count = 0
        while watch.read(Self.frame(0, 1), at: Self.start) { count += 1 }
        #expect(count == 20_000)
        var budget = FrameBudget(.small, at: Self.start)
        var spent = 0
        while budget.spend(at: Self.start) { spent += 1 }
        #expect(spent == 20_000)
        var again = 0
        while budget.spend(at: Self.start + .seconds(1)) { again += 1 }
        #expect(again == 500)
    }
}
