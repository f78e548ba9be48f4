import NIOCore
import RelayWire

/// What a message carries.
public enum MessageContent: Sendable, Hashable {
    /// A JSON object.
    case json(JSONDocument)
    /// Bytes, which the topic's kind gives a meaning to. On the wire they are base64.
    case binary([UInt8])

    private static let base64: JSONDocument = "base64"

    /// Reads `payload` and `encoding` of a message.
    init(json: JSONDocument) throws(JSONDocumentError) {
        guard let encoding = json["encoding"], !encoding.isNull else {
            self = .json(try json.value("payload"))
            return
        }
        guard encoding == Self.base64, let bytes = Base64.bytes(try json.string("payload")) else {
            throw JSONDocumentError(reason: "a payload in an encoding that is not known")
        }
        self = .binary(Array(buffer: bytes))
    }

    /// The object, or the bytes' base64 as a string.
    public var payload: JSONDocument {
        switch self {
        case .json(let document): document
        case .binary(let bytes): .string(Base64.text(ByteBuffer(bytes: bytes)))
        }
    }

    /// `payload`, and `encoding` where there is one: as they stand in a message's JSON.
    public var members: [(String, JSONDocument)] {
        switch self {
        case .json: [("payload", self.payload)]
        case .binary: [("payload", self.payload), ("encoding", Self.base64)]
        }
    }
}
