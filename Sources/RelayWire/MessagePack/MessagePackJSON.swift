public import NIOCore

/// The JSON of MessagePack values that JSON has too (RFC 8259). The other way goes ``MessagePackJSONValue``.
public enum MessagePackJSON {
    /// The JSON of one value. A ``JSONScanner`` takes it.
    ///
    /// - Parameter messagePack: one value, and nothing behind it.
    /// - Throws: also for what JSON has not: bytes, extensions, names that are no text, NaN and infinities, text that is not UTF-8; and for
    ///   more containers inside each other than ``MessagePackReader/maximumDepth``.
    public static func json(from messagePack: ByteBuffer) throws(MessagePackError) -> ByteBuffer {
        var reader = MessagePackReader(messagePack)
        let json = try self.json(from: &reader)
        guard reader.remainingBytes == 0 else { throw MessagePackError("bytes behind the value") }
        return json
    }

    /// The same of the value that comes next.
    public static func json(from reader: inout MessagePackReader) throws(MessagePackError) -> ByteBuffer {
        var json = ByteBuffer()
        try self.write(&reader, into: &json, depth: 0)
        return json
    }

    /// - Parameter depth: how many containers the value lies in.
    private static func write(
        _ reader: inout MessagePackReader,
        into json: inout ByteBuffer,
        depth: Int
    ) throws(MessagePackError) {
        switch try reader.head() {
        case .null: json.writeStaticString("null")
        case .boolean(let flag): json.writeStaticString(flag ? "true" : "false")
        case .unsigned(let number): json.writeString(String(number))
        case .negative(let number): json.writeString(String(number))
        case .float(let number):
            guard number.isFinite else { throw MessagePackError("a number that is not finite") }
            json.writeString(number.description)
        case .string(let size): json.writeJSONString(try reader.text(size: size))
        case .binary: throw MessagePackError("bytes, which JSON has not")
        case .extended: throw MessagePackError("an extension, which JSON has not")
        case .array(let count):
            guard depth < MessagePackReader.maximumDepth else { throw .tooDeep }
            try self.writeArray(of: count, &reader, into: &json, depth: depth + 1)
        case .map(let count):
            guard depth < MessagePackReader.maximumDepth else { throw .tooDeep }
            try self.writeObject(of: count, &reader, into: &json, depth: depth + 1)
        }
    }

    private static func writeArray(
        of count: Int,
        _ reader: inout MessagePackReader,
        into json: inout ByteBuffer,
        depth: Int
    ) throws(MessagePackError) {
        json.writeStaticString("[")
        for index in 0..<count {
            if index > 0 { json.writeStaticString(",") }
            try self.write(&reader, into: &json, depth: depth)
        }
        json.writeStaticString("]")
    }

    private static func writeObject(
        of count: Int,
        _ reader: inout MessagePackReader,
        into json: inout ByteBuffer,
        depth: Int
    ) throws(MessagePackError) {
        json.writeStaticString("{")
        for index in 0..<count {
            if index > 0 { json.writeStaticString(",") }
            guard case .string(let size) = try reader.head() else { throw MessagePackError("a name that is no text") }
            json.writeJSONString(try reader.text(size: size))
            json.writeStaticString(":")
            try self.write(&reader, into: &json, depth: depth)
        }
        json.writeStaticString("}")
    }
}
