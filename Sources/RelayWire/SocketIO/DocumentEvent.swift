public import NIOCore

/// An event that a client sends about a document.
public enum DocumentEvent: Hashable, Sendable {
    /// `crdt:join`
    case join(room: String)
    /// `crdt:leave`
    case leave(room: String)
    /// `crdt:message`, with its bytes; nil where they follow as an attachment.
    case message(room: String, ByteBuffer?)
    /// Another name.
    case other

    static let joinName: StaticString = "crdt:join"
    static let leaveName: StaticString = "crdt:leave"
    static let messageName: StaticString = "crdt:message"

    /// Reads an event's arguments: an array whose first element is the event's name.
    ///
    /// - Throws: `malformedEvent`, `notBytes`.
    public init(json: ByteBuffer) throws(SocketIOError) {
        var scanner = JSONScanner(json)
        var values: [JSONValue] = []
        do throws(JSONError) {
            try scanner.enterArray()
            while try scanner.nextElement() {
                let value = try scanner.value()
                // What more there may be is none of ours.
                if values.count < 3 { values.append(value) }
            }
            try scanner.finish()
        } catch {
            throw .malformedEvent
        }
        self = try Self.read(values, scanner)
    }

    private static func read(_ values: [JSONValue], _ scanner: JSONScanner) throws(SocketIOError) -> DocumentEvent {
        guard let name = values.first, name.kind == .string else { throw .malformedEvent }
        func room() throws(SocketIOError) -> String {
            guard values.count > 1, let room = scanner.text(of: values[1]) else { throw .malformedEvent }
            return room
        }
        if scanner.text(of: name, is: Self.messageName) {
            guard values.count > 2 else { throw .malformedEvent }
            return .message(room: try room(), try self.bytes(of: values[2], scanner))
        }
        if scanner.text(of: name, is: Self.joinName) { return .join(room: try room()) }
        if scanner.text(of: name, is: Self.leaveName) { return .leave(room: try room()) }
        return .other
    }

    /// - Returns: nil where an attachment has them.
    private static func bytes(of value: JSONValue, _ scanner: JSONScanner) throws(SocketIOError) -> ByteBuffer? {
        switch value.kind {
        case .array: return try self.list(scanner.buffer.readableBytesUInt8Span, value.range)
        case .object: return nil
        case .string, .number, .boolean, .null: throw .notBytes
        }
    }

    /// Reads an array of numbers that was checked before.
    private static func list(_ text: Span<UInt8>, _ range: Range<Int>) throws(SocketIOError) -> ByteBuffer {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count / 2)
        var number: UInt16?
        for place in range.lowerBound + 1..<range.upperBound {
            switch text[place] {
            case let digit where (0x30...0x39).contains(digit):
                number = (number ?? 0) * 10 + UInt16(digit - 0x30)
                guard let value = number, value <= 255 else { throw .notBytes }
            case UInt8(ascii: ","), UInt8(ascii: "]"):
                if let value = number { bytes.append(UInt8(truncatingIfNeeded: value)) }
                number = nil
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
            default: throw .notBytes
            }
        }
        return ByteBuffer(bytes: bytes)
    }
}
