/// A message of a Hocuspocus server, to a client. Each begins with the address of its document, as the client wrote it.
public struct HocuspocusAnswer: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// As y-protocols have it: sync or awareness.
        case plain(DocumentMessage)
        /// The token is to be said once more.
        case wantsToken
        /// The client is not let in: a reason in UTF-8.
        case denied(reason: Range<Int>)
        case accepted(mayWrite: Bool)
        /// The client is in the document no more: a reason in UTF-8.
        case closed(reason: Range<Int>)
        /// What became of an update, or another type.
        case other(type: UInt64)
    }

    public let address: Range<Int>
    public let content: Content

    /// - Parameter bytes: a WebSocket message that is no heartbeat, see ``HocuspocusMessage/isHeartbeat(_:)``.
    /// - Throws: `truncated`, `numberTooLarge`, `invalidText`.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = 0
        self.address = try bytes.text(at: &offset).bytes
        var body = offset
        let type = try bytes.uint(at: &body)
        switch type {
        case HocuspocusType.auth: self.content = try Self.auth(bytes, at: &body)
        case HocuspocusType.syncReply: self.content = .plain(try DocumentMessage.sync(in: bytes, at: &body))
        case HocuspocusType.close: self.content = .closed(reason: try bytes.text(at: &body).bytes)
        case HocuspocusType.status: self.content = .other(type: type)
        default:
            let message = try DocumentMessage.next(in: bytes, at: &offset)
            self.content = message.unknownType.map { .other(type: $0) } ?? .plain(message)
        }
    }

    private static func auth(_ bytes: Span<UInt8>, at offset: inout Int) throws(DocumentError) -> Content {
        switch try bytes.uint(at: &offset) {
        case 0: return .wantsToken
        case 1: return .denied(reason: try bytes.text(at: &offset).bytes)
        case 2:
            let scope = try bytes.text(at: &offset).bytes
            return .accepted(mayWrite: !bytes.isSame(scope, as: Array("readonly".utf8)))
        default: return .other(type: HocuspocusType.auth)
        }
    }
}
