public import NIOCore

/// The member `traceparent` of a message's metadata: the trace that the message belongs to, for its readers.
public enum TraceMetadata {
    private static let name: StaticString = "traceparent"

    /// What metadata says of the message's trace.
    ///
    /// - Parameter metadata: a JSON object whose values are strings.
    /// - Returns: nil where there is no such member; `.some(nil)` where it is no text that could be one.
    public static func traceparent(in metadata: ByteBuffer) -> String?? {
        var scanner = JSONScanner(metadata)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard scanner.text(of: name, is: self.name) else { continue }
                // A good one has no escapes.
                let text = metadata.getString(
                    at: metadata.readerIndex + value.range.lowerBound + 1,
                    length: max(0, value.range.count - 2)
                )
                return .some(text)
            }
        } catch {
            // It was checked when it came in: there is no such text.
        }
        return nil
    }

    /// Adds the member, which must not be there yet.
    ///
    /// - Parameters:
    ///   - traceparent: letters, digits and hyphens.
    ///   - metadata: a JSON object; nil for an empty one.
    /// - Returns: a JSON object in memory of its own.
    public static func adding(_ traceparent: String, to metadata: ByteBuffer?) -> ByteBuffer {
        let members = metadata.map { Self.members($0) } ?? ByteBuffer()
        var result = ByteBuffer()
        result.reserveCapacity(members.readableBytes + traceparent.utf8.count + 24)
        result.writeStaticString("{")
        if members.readableBytes > 0 {
            result.writeImmutableBuffer(members)
            result.writeStaticString(",")
        }
        result.writeString("\"traceparent\":\"\(traceparent)\"}")
        return result
    }

    /// What is between the braces, without blanks around it.
    private static func members(_ object: ByteBuffer) -> ByteBuffer {
        let bytes = object.readableBytesView
        guard let open = bytes.firstIndex(of: UInt8(ascii: "{")), let close = bytes.lastIndex(of: UInt8(ascii: "}")),
            open < close
        else { return ByteBuffer() }
        func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        let inside = bytes[(open + 1)..<close]
        guard let first = inside.firstIndex(where: { !isBlank($0) }),
            let last = inside.lastIndex(where: { !isBlank($0) })
        else { return ByteBuffer() }
        return object.getSlice(at: first, length: last - first + 1) ?? ByteBuffer()
    }
}
