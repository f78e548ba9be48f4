public import NIOCore

/// Writes field sections that any peer can read: with numbers of the static table, without a dynamic one (RFC 9204 section 4.5). Texts are
/// written as they are, without the Huffman code.
public enum QPACKEncoder {
    /// - Parameter fields: names in small letters, pseudo fields first.
    /// - Returns: the section as it stands in a frame.
    public static func encode(_ fields: some Sequence<HTTP3Field>) -> ByteBuffer {
        var bytes = ByteBuffer()
        // Nothing of the dynamic table is required.
        bytes.writeInteger(UInt16(0))
        for field in fields { self.write(field, into: &bytes) }
        return bytes
    }

    private static func write(_ field: HTTP3Field, into bytes: inout ByteBuffer) {
        if let index = QPACKStaticTable.indexOfField[field] {
            bytes.writePrefixedInteger(index, 6, flags: 0xC0)
        } else if let index = QPACKStaticTable.firstOfName[field.name] {
            bytes.writePrefixedInteger(index, 4, flags: 0x50)
            self.write(field.value, 7, flags: 0, into: &bytes)
        } else {
            self.write(field.name, 3, flags: 0x20, into: &bytes)
            self.write(field.value, 7, flags: 0, into: &bytes)
        }
    }

    private static func write(_ text: String, _ prefix: Int, flags: UInt8, into bytes: inout ByteBuffer) {
        bytes.writePrefixedInteger(text.utf8.count, prefix, flags: flags)
        bytes.writeString(text)
    }
}
