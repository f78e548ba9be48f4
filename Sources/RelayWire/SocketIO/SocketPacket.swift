public import NIOCore

/// A packet of Socket.IO's protocol, revision 5, which is the payload of an Engine.IO message.
public struct SocketPacket: Hashable, Sendable {
    public enum Kind: UInt8, Hashable, Sendable {
        case connect = 0
        case disconnect = 1
        case event = 2
        case ack = 3
        case connectError = 4
        case binaryEvent = 5
        case binaryAck = 6
    }

    /// Binary attachments of one packet.
    public static let maxAttachments = 1

    public let kind: Kind
    /// How many binary messages follow, which belong to it.
    public let attachments: Int
    /// `/` where the packet names none.
    public let namespace: String
    /// Of an event whose sender wants an answer; digits, as they were sent.
    public let id: String?
    /// Its JSON, which is not checked; empty where it has none.
    public let json: ByteBuffer

    public init(_ kind: Kind, namespace: String = "/", id: String? = nil, json: ByteBuffer = ByteBuffer()) {
        self.kind = kind
        self.attachments = 0
        self.namespace = namespace
        self.id = id
        self.json = json
    }

    private static let maxNamespaceBytes = 255
    private static let maxDigits = 20

    /// Reads an Engine.IO message's payload.
    ///
    /// - Throws: `malformedPacket`, `tooManyAttachments`.
    public init(_ payload: ByteBuffer) throws(SocketIOError) {
        var rest = payload
        guard let digit: UInt8 = rest.readInteger(), digit >= UInt8(ascii: "0"),
            let kind = Kind(rawValue: digit - UInt8(ascii: "0"))
        else { throw .malformedPacket }
        self.kind = kind
        self.attachments = try Self.attachments(of: kind, &rest)
        self.namespace = try Self.namespace(&rest)
        self.id = try Self.digits(&rest)
        self.json = rest.slice()
    }

    private static func attachments(of kind: Kind, _ rest: inout ByteBuffer) throws(SocketIOError) -> Int {
        guard kind == .binaryEvent || kind == .binaryAck else { return 0 }
        guard let digits = try self.digits(&rest), rest.readInteger() == UInt8(ascii: "-") else {
            throw .malformedPacket
        }
        guard let count = Int(digits), count <= self.maxAttachments else { throw .tooManyAttachments }
        return count
    }

    /// What begins with a slash, up to a comma or the end. Servers ignore a query behind it.
    private static func namespace(_ rest: inout ByteBuffer) throws(SocketIOError) -> String {
        guard rest.getInteger(at: rest.readerIndex) == UInt8(ascii: "/") else { return "/" }
        let view = rest.readableBytesView.prefix(self.maxNamespaceBytes + 1)
        let end = view.firstIndex(of: UInt8(ascii: ","))
        guard let text = rest.readSlice(length: end.map { $0 - rest.readerIndex } ?? rest.readableBytes),
            text.readableBytes <= self.maxNamespaceBytes,
            let name = String(validating: text.readableBytesView, as: UTF8.self)
        else { throw .malformedPacket }
        if end != nil { rest.moveReaderIndex(forwardBy: 1) }
        return name.split(separator: "?", maxSplits: 1).first.map(String.init) ?? "/"
    }

    private static func digits(_ rest: inout ByteBuffer) throws(SocketIOError) -> String? {
        let digits = rest.readableBytesView.prefix(self.maxDigits + 1).prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        guard digits.count <= self.maxDigits, let text = rest.readString(length: digits.count) else {
            throw .malformedPacket
        }
        return text
    }

    /// As the Engine.IO message that carries it.
    public var packet: EnginePacket {
        var text = ByteBuffer()
        text.reserveCapacity(self.json.readableBytes + 32)
        text.writeInteger(UInt8(ascii: "0") + self.kind.rawValue)
        if self.namespace != "/" { text.writeString(self.namespace + ",") }
        if let id = self.id { text.writeString(id) }
        text.writeImmutableBuffer(self.json)
        return EnginePacket(.message, text)
    }
}
