package import NIOCore

/// A JSON text that was checked, and what must be known of it before it is put as MessagePack: how many values each container holds.
///
/// Integers that 64 bits hold go as such, other numbers as double precision.
package struct MessagePackJSONValue: Hashable, Sendable {
    private let json: ByteBuffer
    /// Of arrays the values, of objects the members: in the order in which the containers begin.
    private let counts: [Int]

    /// - Throws: where it is no text that ``JSONScanner`` takes.
    package init(_ json: ByteBuffer) throws(MessagePackError) {
        let bytes = json.readableBytesUInt8Span
        var place = JSONPlace()
        var counts: [Int] = []
        do throws(JSONError) {
            try Self.count(bytes, &place, into: &counts)
            try place.finish(bytes)
        } catch {
            throw MessagePackError(error.message)
        }
        self.json = json
        self.counts = counts
    }

    private static func count(
        _ bytes: Span<UInt8>,
        _ place: inout JSONPlace,
        into counts: inout [Int]
    ) throws(JSONError) {
        let container = counts.endIndex
        switch try place.peek(bytes) {
        case .string, .number, .boolean, .null:
            _ = try place.value(bytes)
        case .object:
            counts.append(0)
            try place.enterObject(bytes)
            while try place.nextMember(bytes) != nil {
                counts[container] += 1
                try self.count(bytes, &place, into: &counts)
            }
        case .array:
            counts.append(0)
            try place.enterArray(bytes)
            while try place.nextElement(bytes) {
                counts[container] += 1
                try self.count(bytes, &place, into: &counts)
            }
        }
    }

    package func put(into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)) {
        let bytes = self.json.readableBytesUInt8Span
        var place = JSONPlace()
        var counts = self.counts[...]
        do throws(JSONError) {
            try self.put(bytes, &place, &counts, into: &sink)
        } catch {
            // The whole text was checked before.
        }
    }

    private func put(
        _ bytes: Span<UInt8>,
        _ place: inout JSONPlace,
        _ counts: inout ArraySlice<Int>,
        into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)
    ) throws(JSONError) {
        switch try place.peek(bytes) {
        case .string: self.put(text: try place.value(bytes), bytes, into: &sink)
        case .number: Self.put(numeral: bytes.string(try place.value(bytes).range), into: &sink)
        case .boolean: sink.pack(bytes[try place.value(bytes).range.lowerBound] == UInt8(ascii: "t"))
        case .null:
            _ = try place.value(bytes)
            sink.packNull()
        case .object:
            sink.pack(mapOf: counts.popFirst() ?? 0)
            try place.enterObject(bytes)
            while let name = try place.nextMember(bytes) {
                self.put(text: name, bytes, into: &sink)
                try self.put(bytes, &place, &counts, into: &sink)
            }
        case .array:
            sink.pack(arrayOf: counts.popFirst() ?? 0)
            try place.enterArray(bytes)
            while try place.nextElement(bytes) { try self.put(bytes, &place, &counts, into: &sink) }
        }
    }

    private func put(
        text value: JSONValue,
        _ bytes: Span<UInt8>,
        into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)
    ) {
        let range = value.contents
        if !value.hasEscapes,
            let text = self.json.getSlice(at: self.json.readerIndex + range.lowerBound, length: range.count)
        {
            sink.pack(text: text)
        } else {
            sink.pack(text: bytes.text(of: value) ?? "")
        }
    }

    private static func put(numeral: String, into sink: inout (some MessagePackSink & ~Copyable & ~Escapable)) {
        // No integer is minus zero.
        if numeral == "-0" {
            sink.pack(-0.0)
        } else if let number = UInt64(numeral) {
            sink.pack(number)
        } else if let number = Int64(numeral) {
            sink.pack(number)
        } else {
            sink.pack(Double(numeral) ?? 0)
        }
    }
}
