/// A message of y-protocols. Bodies are places in the bytes that were read, which are not copied.
public enum DocumentMessage: Hashable, Sendable {
    /// Says what the sender has: a state vector. Answered by a step 2.
    case step1(Range<Int>)
    /// What somebody lacked: an update.
    case step2(Range<Int>)
    /// A change that was made while connected.
    case update(Range<Int>)
    /// An awareness update.
    case awareness(Range<Int>)
    /// Server to client only: not permitted, with a reason that is UTF-8.
    case denied(reason: Range<Int>)
    /// Wants all awareness states.
    case queryAwareness
    /// Another type, or another subtype of sync. Its length is not known: it is all that follows its type.
    case unknown(type: UInt64, Range<Int>)

    /// Reads the next message. A frame may hold several.
    ///
    /// - Parameters:
    ///   - bytes: a WebSocket message.
    ///   - offset: where the message begins; then where the next one would, or the end.
    /// - Throws: `truncated`, `numberTooLarge`, `invalidText`. The rest of the frame can't be read then.
    public static func next(in bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> DocumentMessage {
        let type = try bytes.uint(at: &offset)
        switch type {
        case DocumentMessageType.sync: return try self.sync(in: bytes, at: &offset)
        case DocumentMessageType.awareness: return .awareness(try bytes.block(at: &offset))
        case DocumentMessageType.auth:
            guard try bytes.uint(at: &offset) == 0 else { return .unknown(type: type, self.rest(bytes, &offset)) }
            return .denied(reason: try bytes.text(at: &offset).bytes)
        case DocumentMessageType.queryAwareness: return .queryAwareness
        default: return .unknown(type: type, self.rest(bytes, &offset))
        }
    }

    static func sync(in bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> DocumentMessage {
        switch try bytes.uint(at: &offset) {
        case DocumentMessageType.step1: return .step1(try bytes.block(at: &offset))
        case DocumentMessageType.step2: return .step2(try bytes.block(at: &offset))
        case DocumentMessageType.update: return .update(try bytes.block(at: &offset))
        default: return .unknown(type: DocumentMessageType.sync, self.rest(bytes, &offset))
        }
    }

    /// The type of an ``unknown(type:_:)``, for protocols that may know it.
    var unknownType: UInt64? {
        if case .unknown(let type, _) = self { type } else { nil }
    }

    private static func rest(_ bytes: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
        defer { offset = bytes.count }
        return offset..<bytes.count
    }
}

/// Numbers of messages.
enum DocumentMessageType {
    static let sync: UInt64 = 0
    static let awareness: UInt64 = 1
    static let auth: UInt64 = 2
    static let queryAwareness: UInt64 = 3

    static let step1: UInt64 = 0
    static let step2: UInt64 = 1
    static let update: UInt64 = 2
}
