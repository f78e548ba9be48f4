public import NIOCore

/// Several messages to be published, in this order.
public struct BulkRequest: Hashable, Sendable {
    public let messages: [PublishRequest]

    /// Reads `{"messages": [...]}`. One bad message refuses the whole.
    ///
    /// - Parameters:
    ///   - json: the whole body. Nothing of it is kept alive.
    ///   - maximumMessages: more are an issue, and are not read into memory.
    public init(json: ByteBuffer, maximumMessages: Int = 100, naming: TopicNaming = .plain) throws(RequestError) {
        self.messages = try RequestReader.decode(json) { (reader) throws(JSONError) in
            try Self.read(from: &reader, maximumMessages, naming)
        }
    }

    private static func read(
        from reader: inout RequestReader,
        _ limit: Int,
        _ naming: TopicNaming
    ) throws(JSONError) -> [PublishRequest]? {
        guard let start = try reader.enterObject() else { return nil }
        var messages: [PublishRequest]?
        while let name = try reader.scanner.nextMember() {
            guard reader.isName(name, "messages") else {
                _ = try reader.scanner.value()
                continue
            }
            guard messages == nil else {
                reader.add(.duplicate, at: "messages", input: try reader.scanner.value().range)
                continue
            }
            messages = try self.list(from: &reader, limit, naming)
        }
        if messages == nil { reader.add(.missing, at: "messages", input: start..<reader.scanner.offset) }
        return messages
    }

    /// Read in place, as the list goes by, so that the messages' bytes are visited once.
    private static func list(
        from reader: inout RequestReader,
        _ limit: Int,
        _ naming: TopicNaming
    ) throws(JSONError) -> [PublishRequest] {
        guard try reader.scanner.peek() == .array else {
            reader.add(.list, at: "messages", input: try reader.scanner.value().range)
            return []
        }
        var messages: [PublishRequest] = []
        var count = 0
        try reader.scanner.enterArray()
        while try reader.scanner.nextElement() {
            count += 1
            guard count <= limit else {
                _ = try reader.scanner.value()
                continue
            }
            reader.index = count - 1
            if let message = try PublishRequest.read(from: &reader, naming) { messages.append(message) }
        }
        reader.index = nil
        if count == 0 { reader.add(.shortList(count), at: "messages") }
        if count > limit { reader.add(.longList(count, limit: limit), at: "messages") }
        return messages
    }
}
