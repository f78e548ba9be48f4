import NIOCore
import Testing

@testable import RelayServer

@Suite("Memory in pages of its own")
struct PageBlocksTests {
    @Test("Blocks of a size don't overlap, and one that is put back is handed out again")
    func blocks() throws {
        var blocks = PageBlocks()
        for size in [16 << 10, 32 << 10, 128 << 10] where PageBlocks.sizes.contains(size) {
            var taken: [UInt] = []
            for _ in 0..<100 {
                let block = blocks.take(size)
                taken.append(try #require(block))
            }
            #expect(taken.allSatisfy { $0 % UInt(size) == 0 })
            #expect(Set(taken).count == taken.count)
            for block in taken {
                let end = blocks.putBack(block)
                #expect(end != .foreign)
                if case .toEmpty(size) = end { blocks.keep(empty: block, size) }
            }
            var again: Set<UInt> = []
            for _ in 0..<100 {
                let block = blocks.take(size)
                again.insert(try #require(block))
            }
            #expect(again == Set(taken))
        }
    }

    @Test("Other sizes are not handed out, and what is not theirs is not taken")
    func others() {
        var blocks = PageBlocks()
        for size in [0, 1, 4 << 10, 24 << 10, 256 << 10] {
            let block = blocks.take(size)
            #expect(block == nil)
        }
        let end = blocks.putBack(16 << 10)
        #expect(end == .foreign)
    }

    @Test("No block is smaller than a page, with which it is given back")
    func largePages() {
        #expect(PageBlocks.sizes(pageBytes: 4 << 10) == 16 << 10...128 << 10)
        #expect(PageBlocks.sizes(pageBytes: 16 << 10) == 16 << 10...128 << 10)
        #expect(PageBlocks.sizes(pageBytes: 64 << 10) == 64 << 10...128 << 10)
        #expect(PageBlocks.sizes(pageBytes: 256 << 10) == 256 << 10...256 << 10)
    }

    @Test("Many regions lie side by side, of which the system allows only so many apart")
    func sideBySide() throws {
        var blocks = PageBlocks()
        var regions: Set<UInt> = []
        for _ in 0..<(64 * 8) {
            let block = blocks.take(128 << 10)
            regions.insert(try #require(block) >> 20)
        }
        let apart = regions.count { !regions.contains($0 + 1) }
        #expect(regions.count == 64)
        #expect(apart < 32)
    }

    @Test("A buffer keeps its bytes while it grows out of its block")
    func growth() {
        var buffer = PageAllocator.allocator.buffer(capacity: 16 << 10)
        for number in 0..<(100 << 10) { buffer.writeInteger(UInt32(number)) }
        let copy = buffer
        buffer.writeInteger(UInt32.max)
        #expect((0..<(100 << 10)).allSatisfy { buffer.getInteger(at: $0 * 4) == UInt32($0) })
        #expect(copy.getInteger(at: 400) == UInt32(100))
    }

    @Test("A kept buffer that is emptied has no bytes left, and can be written to again")
    func emptied() {
        var buffer = PageAllocator.allocator.buffer(capacity: 64 << 10)
        buffer.writeString("secret")
        var kept = KeptBuffer()
        kept.see(buffer)
        kept.empty()
        #expect(buffer.getBytes(at: 0, length: 6) == [0, 0, 0, 0, 0, 0])
        buffer.clear()
        buffer.writeString("another")
        #expect(String(buffer: buffer) == "another")
    }

    @Test("The memory of a buffer that is no more is left to whoever has it now")
    func gone() {
        var kept = KeptBuffer()
        kept.see(PageAllocator.allocator.buffer(capacity: 64 << 10))
        // One of them has the block of the first.
        let others = (0..<16).map { number in
            var buffer = PageAllocator.allocator.buffer(capacity: 64 << 10)
            buffer.writeInteger(number)
            return buffer
        }
        kept.empty()
        #expect(others.enumerated().allSatisfy { $0.element.getInteger(at: 0) == $0.offset })
    }

    @Test("Buffers that are small, or not of these blocks, are left alone")
    func foreign() {
        var kept = KeptBuffer()
        for capacity in [100, 16 << 10] {
            var buffer = ByteBufferAllocator().buffer(capacity: capacity)
            buffer.writeString("text")
            kept.see(buffer)
            kept.empty()
            #expect(String(buffer: buffer) == "text")
        }
    }
}
