public import NIOCore

/// Reads field sections of a peer that was told that there is no dynamic table (RFC 9204 section 4.5): all that is not literal has a number in the
/// static one.
public enum QPACKDecoder {
    /// What a field section is.
    public enum Outcome: Hashable, Sendable {
        case fields([HTTP3Field])
        /// More than may be. How much more is not known.
        case tooLarge
    }

    /// How a line begins.
    private enum Line {
        case indexed
        case namedByIndex
        case literal
        /// Speaks of the dynamic table.
        case dynamic

        init(_ first: UInt8) {
            switch first {
            case 0xC0...: self = .indexed
            case 0x80...: self = .dynamic
            case 0x50..<0x60, 0x70..<0x80: self = .namedByIndex
            case 0x40...: self = .dynamic
            case 0x20...: self = .literal
            default: self = .dynamic
            }
        }
    }

    private static let failed = HTTP3Violation.connection(.decompressionFailed, "A field section can't be read")

    /// - Parameters:
    ///   - section: as it stands in a frame.
    ///   - most: of all fields together, as RFC 9114 section 4.2.2 counts them, bytes.
    /// - Throws: a violation of the connection.
    public static func decode(_ section: ByteBuffer, upTo most: Int) throws(HTTP3Violation) -> Outcome {
        var section = section
        // Nothing is required of the dynamic table, so where its entries would begin means nothing.
        guard section.readPrefixedInteger(8) == 0, section.readPrefixedInteger(7) != nil else { throw self.failed }
        var fields: [HTTP3Field] = []
        var left = most
        while let first = section.getInteger(at: section.readerIndex, as: UInt8.self) {
            guard let field = try self.field(Line(first), &section, upTo: left) else { return .tooLarge }
            left -= field.size
            guard left >= 0 else { return .tooLarge }
            fields.append(field)
        }
        return .fields(fields)
    }

    /// - Returns: nil where it is larger than `most`.
    private static func field(
        _ line: Line,
        _ section: inout ByteBuffer,
        upTo most: Int
    ) throws(HTTP3Violation) -> HTTP3Field? {
        switch line {
        case .indexed: return try self.known(section.readPrefixedInteger(6))
        case .namedByIndex:
            let name = try self.known(section.readPrefixedInteger(4)).name
            return try self.text(&section, 7, upTo: most).map { HTTP3Field(name, $0) }
        case .literal:
            guard let name = try self.text(&section, 3, upTo: most) else { return nil }
            return try self.text(&section, 7, upTo: most).map { HTTP3Field(name, $0) }
        case .dynamic: throw self.failed
        }
    }

    private static func known(_ index: Int?) throws(HTTP3Violation) -> HTTP3Field {
        guard let index, index < QPACKStaticTable.fields.count else { throw self.failed }
        return QPACKStaticTable.fields[index]
    }

    /// - Parameter prefix: bits of its length in the first byte. The bit before says whether the Huffman code is used.
    private static func text(
        _ section: inout ByteBuffer,
        _ prefix: Int,
        upTo most: Int
    ) throws(HTTP3Violation) -> String? {
        let first = section.getInteger(at: section.readerIndex, as: UInt8.self) ?? 0
        guard let size = section.readPrefixedInteger(prefix), let bytes = section.readSlice(length: size) else {
            throw self.failed
        }
        guard first >> prefix & 1 == 1 else { return size <= most ? String(buffer: bytes) : nil }
        // A code has at least 5 bits and at most 30. So a text that is too large is told from none.
        guard size * 8 / 30 <= most else { return nil }
        guard let text = HuffmanCode.decode(bytes, upTo: size * 8 / 5) else { throw self.failed }
        return text.count <= most ? String(decoding: text, as: UTF8.self) : nil
    }
}
