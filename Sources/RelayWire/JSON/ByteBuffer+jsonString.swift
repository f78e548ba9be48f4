public import NIOCore

extension ByteBuffer {
    /// Writes `text` as a JSON string (RFC 8259), quotes included. Only what must be escaped is: quotes, backslashes
    /// and control characters.
    public mutating func writeJSONString(_ text: String) {
        self.writeWithOutputRawSpan(minimumWritableBytes: text.jsonSize) { $0.append(jsonString: text) }
    }
}
