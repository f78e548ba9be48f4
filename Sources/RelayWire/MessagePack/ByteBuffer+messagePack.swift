public import NIOCore

// Each value is written in its shortest form.

extension ByteBuffer {
    public mutating func writeMessagePackNull() { self.writeInteger(0xC0 as UInt8) }

    public mutating func writeMessagePack(_ flag: Bool) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 1) { $0.pack(flag) }
    }

    public mutating func writeMessagePack(_ number: UInt64) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 9) { $0.pack(number) }
    }

    public mutating func writeMessagePack(_ number: Int64) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 9) { $0.pack(number) }
    }

    /// As double precision.
    public mutating func writeMessagePack(_ number: Double) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 9) { $0.pack(number) }
    }

    public mutating func writeMessagePack(_ text: String) {
        let size = MessagePackSize.of { $0.pack(text: text) }
        self.writeWithOutputRawSpan(minimumWritableBytes: size) { $0.pack(text: text) }
    }

    public mutating func writeMessagePack(binary: ByteBuffer) {
        let size = MessagePackSize.of { $0.pack(binary: binary) }
        self.writeWithOutputRawSpan(minimumWritableBytes: size) { $0.pack(binary: binary) }
    }

    /// So many values must be written next.
    public mutating func writeMessagePack(arrayOf count: Int) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 5) { $0.pack(arrayOf: count) }
    }

    /// So many pairs of values must be written next.
    public mutating func writeMessagePack(mapOf count: Int) {
        self.writeWithOutputRawSpan(minimumWritableBytes: 5) { $0.pack(mapOf: count) }
    }
}
