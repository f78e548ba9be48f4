/// A message of a Zeal client over a WebSocket. It speaks y-protocols with three differences: it says who it is, it has messages of its
/// own, and it writes awareness with or without its length.
public enum ZealMessage: Hashable, Sendable {
    /// As y-protocols have it: sync, or a query.
    case plain(DocumentMessage)
    case awareness(AwarenessUpdate, hasLength: Bool)
    /// Who the client is, as JSON.
    case authenticate(Range<Int>)
    /// For the others, any JSON.
    case custom(Range<Int>)
    case unknown(type: UInt64)

    private static let authType: UInt64 = 2
    private static let customType: UInt64 = 4

    /// Reads the next message. A frame may hold several; awareness is the last one, since it may have no length.
    ///
    /// - Parameters:
    ///   - bytes: a WebSocket message.
    ///   - offset: where the message begins; then where the next one would, or the end.
    /// - Throws: `truncated`, `numberTooLarge`, `clockTooLarge`, `trailingBytes`, `invalidText`, `invalidJSON`, `nestingTooDeep`. The rest of the
    ///   frame can't be read then.
    public static func next(in bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> ZealMessage {
        let start = offset
        switch try bytes.uint(at: &offset) {
        case DocumentMessageType.awareness:
            let (update, hasLength) = try AwarenessUpdate.inEitherSpelling(bytes.extracting(offset..<bytes.count))
            offset = bytes.count
            return .awareness(update, hasLength: hasLength)
        case Self.authType: return .authenticate(try bytes.json(at: &offset))
        case Self.customType: return .custom(try bytes.json(at: &offset))
        default:
            offset = start
            let message = try DocumentMessage.next(in: bytes, at: &offset)
            return message.unknownType.map { .unknown(type: $0) } ?? .plain(message)
        }
    }

    /// One of the client's own, as others get it.
    ///
    /// - Parameter json: as it was sent.
    public static func customFrame(_ json: [UInt8]) -> [UInt8] {
        var frame = [UInt8(Self.customType)]
        frame.append(block: json)
        return frame
    }

    /// - Parameters:
    ///   - update: as ``AwarenessUpdate/encoded()`` makes it.
    ///   - hasLength: as the client last wrote it itself.
    public static func awarenessFrame(_ update: [UInt8], hasLength: Bool) -> [UInt8] {
        hasLength ? DocumentFrame.awareness(update) : [UInt8(DocumentMessageType.awareness)] + update
    }
}
