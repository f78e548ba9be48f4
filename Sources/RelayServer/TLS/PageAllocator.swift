import Glibc
@_spi(CustomByteBufferAllocator) import NIOCore
import Synchronization

/// Memory for the buffers that TLS keeps of a connection: in pages of their own where they are large, see ``PageBlocks``.
///
/// swift-nio lets others allocate for its buffers by an interface that may change with any version. All use of it is here. Without it
/// `allocator` would be NIO's own, and a ``KeptBuffer`` would have nothing to give back.
enum PageAllocator {
    private static let blocks = Mutex(PageBlocks())

    static let allocator = unsafe ByteBufferAllocator(
        allocate: { unsafe PageAllocator.allocate($0) },
        reallocate: { unsafe PageAllocator.reallocate($0, $1, $2) },
        deallocate: { unsafe PageAllocator.deallocate($0) },
        copy: { unsafe $0.copyMemory(from: $1, byteCount: $2) }
    )

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        if PageBlocks.sizes.contains(size), let block = Self.blocks.withLock({ $0.take(size) }) {
            return unsafe UnsafeMutableRawPointer(bitPattern: block)
        }
        return unsafe malloc(size)
    }

    private static func deallocate(_ pointer: UnsafeMutableRawPointer) {
        let address = UInt(bitPattern: pointer)
        let mayBeBlock = address % UInt(PageBlocks.sizes.lowerBound) == 0
        guard mayBeBlock else { return unsafe free(pointer) }
        switch Self.blocks.withLock({ $0.putBack(address) }) {
        case .foreign: unsafe free(pointer)
        case .kept: break
        case .toEmpty(let size):
            // Other loops do not wait for the system meanwhile.
            PageBlocks.empty(address, size)
            Self.blocks.withLock { $0.keep(empty: address, size) }
        }
    }

    private static func reallocate(
        _ pointer: UnsafeMutableRawPointer?,
        _ oldSize: Int,
        _ newSize: Int
    ) -> UnsafeMutableRawPointer? {
        // No block is that large, and the system may move its pages without a copy.
        if oldSize > PageBlocks.sizes.upperBound { return unsafe realloc(pointer, newSize) }
        guard let new = unsafe Self.allocate(newSize) else { return nil }
        guard let pointer = unsafe pointer else { return unsafe new }
        unsafe new.copyMemory(from: pointer, byteCount: min(oldSize, newSize))
        unsafe Self.deallocate(pointer)
        return unsafe new
    }
}
