import CHiredis
import NIOCore

/// Encodes commands. The one place that touches hiredis' formatter, and its pointers.
enum CommandFormatter {
    /// The largest sum of arguments: hiredis counts in 32 bits, and the server takes no more in one string than twice this.
    static let maxBytes = 256 << 20
    static let maxArguments = 1 << 20

    /// - Returns: nil if there is no argument, or if they are too many or too long.
    static func encode(_ arguments: [ValkeyArgument]) -> ByteBuffer? {
        guard !arguments.isEmpty, arguments.count <= Self.maxArguments else { return nil }
        var total = 0
        for argument in arguments {
            total += argument.count
            guard total <= Self.maxBytes else { return nil }
        }
        // hiredis wants all arguments in memory at once; a small command's are on the stack.
        return unsafe withUnsafeTemporaryAllocation(byteCount: max(total, 1), alignment: 1) { scratch in
            unsafe withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: arguments.count) { texts in
                unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: arguments.count) { counts in
                    unsafe self.lay(out: arguments, in: scratch, texts: texts, counts: counts)
                    return unsafe self.format(texts, counts)
                }
            }
        }
    }

    private static func lay(
        out arguments: [ValkeyArgument],
        in scratch: UnsafeMutableRawBufferPointer,
        texts: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>,
        counts: UnsafeMutableBufferPointer<Int>
    ) {
        guard let base = scratch.baseAddress else { return }
        var offset = 0
        for (index, argument) in arguments.enumerated() {
            let count = argument.count
            unsafe argument.copy(to: UnsafeMutableRawBufferPointer(rebasing: scratch[offset..<offset + count]))
            unsafe texts.initializeElement(
                at: index,
                to: UnsafePointer((base + offset).assumingMemoryBound(to: CChar.self))
            )
            unsafe counts.initializeElement(at: index, to: count)
            offset += count
        }
    }

    private static func format(
        _ texts: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>,
        _ counts: UnsafeMutableBufferPointer<Int>
    ) -> ByteBuffer? {
        var encoded: UnsafeMutablePointer<CChar>?
        let count = unsafe redisFormatCommandArgv(&encoded, Int32(texts.count), texts.baseAddress, counts.baseAddress)
        guard count > 0, let encoded = unsafe encoded else { return nil }
        defer { unsafe redisFreeCommand(encoded) }
        return unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: encoded, count: Int(count)))
    }
}

extension ValkeyArgument {
    fileprivate var count: Int {
        switch self.storage {
        case .text(let text): text.utf8.count
        case .buffer(let buffer): buffer.readableBytes
        }
    }

    fileprivate func copy(to target: UnsafeMutableRawBufferPointer) {
        switch self.storage {
        case .text(let text): unsafe target.copyBytes(from: text.utf8)
        case .buffer(let buffer): unsafe target.copyBytes(from: buffer.readableBytesView)
        }
    }
}
