/// A message of a Hocuspocus client. Each begins with the address of its document, so that one WebSocket may carry many.
public struct HocuspocusMessage: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// As y-protocols have it: sync, awareness, or a query.
        case plain(DocumentMessage)
        /// Who the client is. The token is UTF-8, and empty where there is none.
        case authenticate(token: Range<Int>)
        /// For the others in the document: UTF-8.
        case stateless(Range<Int>)
        /// Between servers only.
        case broadcast
        /// The client leaves the document.
        case close
        /// Another type, or one that only servers send.
        case unknown(type: UInt64)
    }

    /// The name of the document, which NUL and the number of a session may follow. UTF-8; answers carry the same.
    public let address: Range<Int>
    public let content: Content

    /// - Parameter bytes: a WebSocket message, which has one message. What follows is ignored.
    /// - Throws: `truncated`, `numberTooLarge`, `invalidText`.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = 0
        self.address = try bytes.text(at: &offset).bytes
        var body = offset
        let type = try bytes.uint(at: &body)
        switch type {
        case HocuspocusType.auth:
            let isToken = try bytes.uint(at: &body) == 0
            self.content = isToken ? .authenticate(token: try bytes.text(at: &body).bytes) : .unknown(type: type)
        case HocuspocusType.stateless: self.content = .stateless(try bytes.text(at: &body).bytes)
        case HocuspocusType.broadcast: self.content = .broadcast
        case HocuspocusType.close: self.content = .close
        default:
            let message = try DocumentMessage.next(in: bytes, at: &offset)
            self.content = message.unknownType.map { .unknown(type: $0) } ?? .plain(message)
        }
    }

    /// Whether it is a lone ping or pong, which have no address.
    public static func isHeartbeat(_ bytes: [UInt8]) -> Bool {
        bytes.count == 1 && (bytes[0] == HocuspocusType.ping || bytes[0] == HocuspocusType.pong)
    }
}

/// Writes what is said in Hocuspocus' protocol beside the messages of y-protocols: by its server, if nothing else is said. Each has its address
/// in front.
public enum HocuspocusFrame {
    /// What stands in front of each message.
    public static func address(_ address: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.append(block: address)
        return output
    }

    /// A client's word: who it is.
    ///
    /// - Parameter token: empty where there is none.
    public static func token(_ token: String) -> [UInt8] {
        // Behind it, as newer clients do, the version of the protocol's library.
        self.text(self.text([UInt8(HocuspocusType.auth), 0], token), "4.5.0")
    }

    /// The answer to a server that asks whether the client is there.
    public static let pong = [UInt8(HocuspocusType.pong)]

    /// Asks for a token once more.
    public static let wantsToken: [UInt8] = [UInt8(HocuspocusType.auth), 0]

    /// The client is not let in.
    public static func denied(reason: String) -> [UInt8] { self.text([UInt8(HocuspocusType.auth), 1], reason) }

    public static func accepted(mayWrite: Bool) -> [UInt8] {
        self.text([UInt8(HocuspocusType.auth), 2], mayWrite ? "read-write" : "readonly")
    }

    /// - Parameter text: UTF-8.
    public static func stateless(_ text: [UInt8]) -> [UInt8] {
        var output = [UInt8(HocuspocusType.stateless)]
        output.append(block: text)
        return output
    }

    /// The client is in the document no more.
    public static func close(reason: String) -> [UInt8] { self.text([UInt8(HocuspocusType.close)], reason) }

    /// What became of one step 2 or update.
    public static func status(isApplied: Bool) -> [UInt8] { [UInt8(HocuspocusType.status), isApplied ? 1 : 0] }

    private static func text(_ head: [UInt8], _ text: String) -> [UInt8] {
        var output = head
        output.append(block: Array(text.utf8))
        return output
    }
}

/// Numbers of messages, where they are not those of y-protocols.
enum HocuspocusType {
    static let auth: UInt64 = 2
    /// Between servers: a sync that wants no answer.
    static let syncReply: UInt64 = 4
    static let stateless: UInt64 = 5
    static let broadcast: UInt64 = 6
    static let close: UInt64 = 7
    static let status: UInt64 = 8
    static let ping: UInt64 = 9
    static let pong: UInt64 = 10
}
