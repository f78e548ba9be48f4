public import NIOCore

/// Several messages to be published, in this order.
public struct BulkRequest: Hashable, Sendable {
    public let messages: [PublishRequest]

    /// Reads `{"messages": [...]}`. One bad message refuses the whole.
    ///
    /// - Parameters:
    ///   - json: the whole body. Nothing of it is kept alive.
    ///   - maximumMessages: more are an issue, and are not read into memory.
    public init(json: ByteBuffer, maximumMessages: Int = 100) throws(RequestError) {
        self.messages = try RequestReader.decode(json) { (reader, bytes) throws(JSONError) in
            try Self.read(from: &reader, bytes, maximumMessages)
        }
    }

    private static func read(
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>,
        _ limit: Int
    ) throws(JSONError) -> [PublishRequest]? {
        guard let start = try reader.enterObject(bytes) else { return nil }
        var messages: [PublishRequest]?
        while let name = try reader.place.nextMember(bytes) {
            guard bytes.text(of: name, is: "messages") else {
                _ = try reader.place.value(bytes)
                continue
            }
            guard messages == nil else {
                reader.add(bytes, .duplicate, at: "messages", input: try reader.place.value(bytes).range)
                continue
            }
            messages = try self.list(from: &reader, bytes, limit)
        }
        if messages == nil { reader.add(bytes, .missing, at: "messages", input: start..<reader.place.offset) }
        return messages
    }

    /// Read in place, as the list goes by, so that the messages' bytes are visited once.
    private static func list(
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>,
        _ limit: Int
    ) throws(JSONError) -> [PublishRequest] {
        guard try reader.place.peek(bytes) == .array else {
            reader.add(bytes, .list, at: "messages", input: try reader.place.value(bytes).range)
            return []
        }
        var messages: [PublishRequest] = []
        var count = 0
        try reader.place.enterArray(bytes)
        while try reader.place.nextElement(bytes) {
            count += 1
            guard count <= limit else {
                _ = try reader.place.value(bytes)
                continue
            }
            reader.index = count - 1
            if let message = try PublishRequest.read(from: &reader, bytes) { messages.append(message) }
        }
        reader.index = nil
        if count == 0 { reader.add(bytes, .shortList(count), at: "messages") }
        if count > limit { reader.add(bytes, .longList(count, limit: limit), at: "messages") }
        return messages
    }
}
