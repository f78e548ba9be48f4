public import NIOCore

/// What a payload that came over Pulse is to the relay's other clients.
///
/// The other way round there is nothing to do: Pulse's subscribers get the bytes of a message's payload, be they JSON or not.
public struct PulsePayload: Hashable, Sendable {
    /// As they came, in memory of their own.
    public let bytes: ByteBuffer
    /// Whether clients that speak JSON get them as base64. Otherwise they are one JSON object such as ``PublishRequest`` keeps, without
    /// blanks around it and with no blanks but spaces inside, which fits on one line.
    public let isBinary: Bool

    public init(_ payload: ByteBuffer) {
        let bytes = payload.readableBytesUInt8Span
        self.bytes = bytes.copy(0..<bytes.count)
        self.isBinary = !Self.isObject(bytes)
    }

    private static func isObject(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty, bytes[0] == UInt8(ascii: "{") else { return false }
        // A publish request has the payload inside an object. The depth counts that object, so that what is JSON here is JSON there.
        guard let end = try? JSONGrammar.container(bytes, at: 0, depth: 1), end == bytes.count else { return false }
        for index in bytes.indices where bytes[index] < 0x20 { return false }
        return true
    }

    // MARK: The event

    /// The metadata of a message that was published with an event.
    ///
    /// - Returns: `{"event": "…"}`; nil where the event holds a NUL, which metadata can't.
    public static func metadata(ofEvent event: String) -> ByteBuffer? {
        guard !event.utf8.contains(0) else { return nil }
        var metadata = ByteBuffer()
        metadata.writeStaticString(#"{"event":"#)
        metadata.writeJSONString(event)
        metadata.writeStaticString("}")
        return metadata
    }

    /// The event of a message, whoever published it.
    ///
    /// - Parameter metadata: a JSON object.
    /// - Returns: nil where it has no member `event` that is text. Of several the last counts, as for most parsers of JSON.
    public static func event(inMetadata metadata: ByteBuffer) -> String? {
        JSONScanner.text(ofMember: "event", in: metadata)
    }
}
