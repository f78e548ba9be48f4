public import NIOCore

extension MessageID {
    /// How many bytes its text takes, at most 41.
    public var textSize: Int { self.milliseconds.decimalSize + 1 + self.sequence.decimalSize }
}

extension ByteBuffer {
    /// Writes `<ms>-<seq>`, as ``MessageID/description`` has it, without making a string.
    public mutating func writeMessageID(_ id: MessageID) {
        self.writeWithOutputRawSpan(minimumWritableBytes: id.textSize) { $0.append(id) }
    }
}

extension OutputRawSpan {
    mutating func append(_ id: MessageID) {
        self.append(decimal: id.milliseconds)
        self.append(UInt8(ascii: "-"))
        self.append(decimal: id.sequence)
    }
}
