import NIOCore
import RelayWire

enum Samples {
    static let id = MessageID(milliseconds: 1_795_251_363_585, sequence: 10)
    static let timestamp = Timestamp(microseconds: 1_795_251_363_585_010)
    static let plain = MessageFields(
        id: id,
        topic: "job_setup",
        payload: ByteBuffer(string: #"{"a": [1,"é"]}"#),
        timestamp: timestamp
    )
    static let tagged = MessageFields(
        id: MessageID(milliseconds: 5, sequence: 0),
        topic: "document/\"x\"",
        payload: ByteBuffer(string: "{}"),
        metadata: ByteBuffer(string: #"{"k":"v"}"#),
        timestamp: Timestamp(microseconds: 0)
    )

    /// Bytes of which one needs every kind of care in JSON, and whose base64 is padded.
    static let binary = MessageFields(
        id: id,
        topic: "doc",
        payload: ByteBuffer(bytes: [0, 0xFB, 0xEF, 0xFF, 0x22, 0x5C, 0x0A, 0xC2, 0x85, 0x80]),
        isBinary: true,
        timestamp: timestamp
    )
    static let binaryCore =
        #""message_id":"1795251363585-10","topic":"doc","payload":"APvv/yJcCsKFgA==","encoding":"base64","#
        + #""timestamp":"2026-11-21T08:56:03.585010Z""#

    static let plainCore =
        #""message_id":"1795251363585-10","topic":"job_setup","payload":{"a": [1,"é"]},"#
        + #""timestamp":"2026-11-21T08:56:03.585010Z""#
    static let taggedCore =
        #""message_id":"5-0","topic":"document/\"x\"","payload":{},"#
        + #""timestamp":"1970-01-01T00:00:00.000000Z","metadata":{"k":"v"}"#
}
