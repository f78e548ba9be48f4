public import NIOCore

// The only file of this target that reads or writes through pointers. Each function checks its bounds first.

extension Span<UInt8> {
    /// The eight bytes from `offset` on, the first in the lowest byte. They must lie inside the span.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        // The span checks the bounds, and any bytes make an integer.
        UInt64(littleEndian: unsafe self.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Whether the bytes from `start` on begin with `text`, which must have two scalars at least.
    func holds(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start + length <= self.count else { return false }
        for index in 0..<length {
            guard unsafe text.utf8Start[index] == self[start + index] else { return false }
        }
        return true
    }

    /// The bytes, which were checked to be UTF-8, as text.
    func string(_ range: Range<Int>) -> String {
        unsafe self.extracting(range).withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes in a buffer of their own.
    func copy(_ range: Range<Int>) -> ByteBuffer {
        var copy = ByteBuffer()
        copy.reserveCapacity(range.count)
        unsafe copy.writeBytes(self.extracting(range).bytes)
        return copy
    }
}

extension String {
    /// Whether no byte needs an escape in JSON. May be false for text outside ASCII that needs none.
    var isPlainText: Bool {
        let isPlain = unsafe self.utf8.withContiguousStorageIfAvailable { bytes in
            let span = unsafe Span(_unsafeElements: bytes)
            return span.endOfPlainText(from: 0) == span.count
        }
        return isPlain ?? false
    }
}

extension OutputRawSpan {
    mutating func append(literal text: StaticString) {
        unsafe self.append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(bytes: RawSpan) {
        unsafe bytes.withUnsafeBytes { source in unsafe self.append(source) }
    }

    /// The text's UTF-8 as it is.
    mutating func append(utf8 text: String) {
        let done: Void? = unsafe text.utf8.withContiguousStorageIfAvailable { source in
            unsafe self.append(UnsafeRawBufferPointer(source))
        }
        guard done == nil else { return }
        for byte in text.utf8 { self.append(byte) }
    }

    mutating func append(bigEndian number: some FixedWidthInteger & BitwiseCopyable) {
        unsafe self.append(number.bigEndian, as: type(of: number))
    }

    private mutating func append(_ source: UnsafeRawBufferPointer) {
        precondition(source.count <= self.freeCapacity, "a reply is larger than its size said")
        unsafe self.withUnsafeMutableBytes { target, count in
            unsafe UnsafeMutableRawBufferPointer(rebasing: target[count..<count + source.count]).copyMemory(
                from: source
            )
            count += source.count
        }
    }
}

extension ByteBuffer {
    /// Writes what a WebSocket client has masked as it was before (RFC 6455, 5.3), eight bytes at a time: one pass that copies and unmasks.
    ///
    /// - Parameter key: as it stands on the wire, its first byte for the first of `masked`.
    public mutating func writeUnmasked(_ masked: ByteBuffer, key: UInt32) {
        let count = masked.readableBytes
        let word = UInt64(key.bigEndian) << 32 | UInt64(key.bigEndian)
        unsafe masked.withUnsafeReadableBytes { source in
            _ = unsafe self.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                var place = 0
                while place + 8 <= count {
                    let bytes = unsafe source.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    unsafe target.storeBytes(of: bytes ^ word, toByteOffset: place, as: UInt64.self)
                    place += 8
                }
                while place < count {
                    unsafe target[place] = source[place] ^ UInt8(truncatingIfNeeded: word >> (8 * UInt64(place & 7)))
                    place += 1
                }
                return count
            }
        }
    }
}
