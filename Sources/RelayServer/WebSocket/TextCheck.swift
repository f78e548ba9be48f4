import NIOCore

/// Holds text that comes in pieces to UTF-8 (RFC 6455, 8.1), and looks at each byte once.
struct TextCheck {
    /// So many of the bytes are whole characters.
    private var checked = 0

    /// - Parameters:
    ///   - text: all of it that has come so far.
    ///   - isComplete: whether nothing more comes, so that a character that is cut short is none.
    /// - Returns: false as soon as no continuation could make it UTF-8.
    mutating func accepts(_ text: ByteBuffer, isComplete: Bool) -> Bool {
        let bytes = text.readableBytesUInt8Span
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.extracting(self.checked..<bytes.count))
            self.checked = bytes.count
            return true
        } catch {
            let isCut = error.kind == .truncatedScalar && self.checked + error.byteOffsets.upperBound == bytes.count
            self.checked += error.byteOffsets.lowerBound
            return isCut && !isComplete
        }
    }
}
