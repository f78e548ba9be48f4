public import NIOCore

/// A message that a client wants published.
public struct PublishRequest: Hashable, Sendable {
    public let topic: String
    /// A JSON object, byte for byte as sent; or the bytes that were sent as base64. In memory of its own.
    public let payload: ByteBuffer
    /// Whether the payload was sent as base64.
    public let isBinary: Bool
    /// A JSON object whose values are strings, byte for byte as sent, in memory of its own; nil if there is none.
    public let metadata: ByteBuffer?
    /// Seconds to live, at least 1; nil for the topic's retention alone.
    public let ttl: Int64?
    /// As which of the publisher's peers it is said, in topics that have peers; nil for none. 1 to 255 characters.
    public let clientID: String?

    public init(
        topic: String,
        payload: ByteBuffer,
        isBinary: Bool = false,
        metadata: ByteBuffer? = nil,
        ttl: Int64? = nil,
        clientID: String? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.isBinary = isBinary
        self.metadata = metadata
        self.ttl = ttl
        self.clientID = clientID
    }

    /// Reads `{"topic", "payload", "metadata"?, "ttl"?, "client_id"?}`. Other fields are ignored, but `encoding` beside a payload that is a
    /// string.
    ///
    /// - Parameter json: the whole body. Nothing of it is kept alive.
    public init(json: ByteBuffer) throws(RequestError) {
        self = try RequestReader.decode(json) { (reader, bytes) throws(JSONError) in
            try Self.read(from: &reader, bytes)
        }
    }

    /// Reads the object that comes next, for a body, a bulk's element alike.
    static func read(
        from reader: inout RequestReader,
        _ bytes: Span<UInt8>
    ) throws(JSONError) -> PublishRequest? {
        guard let start = try reader.enterObject(bytes) else { return nil }
        var members = Members()
        while let name = try reader.place.nextMember(bytes) {
            guard try !members.keep(name, from: &reader, bytes) else { continue }
            _ = try reader.place.value(bytes)
        }
        return try members.request(in: start..<reader.place.offset, from: &reader, bytes)
    }
}
