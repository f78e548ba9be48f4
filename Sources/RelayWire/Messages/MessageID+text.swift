public import NIOCore

extension MessageID {
    /// How many bytes its text takes, at most 41.
    public var textSize: Int { self.milliseconds.decimalSize + 1 + self.sequence.decimalSize }
}

extension ByteBuffer {
    /// Writes `<ms>-<seq>`, as ``MessageID/description`` has it, without making a string.
    public mutating func writeMessageID(_ id: MessageID) {
        self.writeDecimal(id.milliseconds)
        self.writeInteger(UInt8(ascii: "-"))
        self.writeDecimal(id.sequence)
    }
}
