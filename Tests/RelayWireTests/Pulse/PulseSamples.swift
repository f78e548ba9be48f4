import NIOCore
import RelayWire

/// Frames whose bytes are known, with the length in front.
enum PulseSamples {
    /// What clients send.
    static let client: [(frame: PulseClientFrame, bytes: String)] = [
        (
            .subscribe(id: 1, channel: "test-channel", since: nil),
            "00000029 83 a474797065 a9737562736372696265 a26964 01 a76368616e6e656c ac746573742d6368616e6e656c"
        ),
        (
            .unsubscribe(id: 300, channel: "x"),
            "00000022 83 a474797065 ab756e737562736372696265 a26964 cd012c a76368616e6e656c a178"
        ),
        (
            .publish(id: nil, channel: "chat:room", event: nil, payload: ByteBuffer(string: "Hello, world!")),
            """
            00000037 83 a474797065 a77075626c697368 a76368616e6e656c a9636861743a726f6f6d a77061796c6f6164
            c40d48656c6c6f2c20776f726c6421
            """
        ),
        (
            .publish(id: 70_000, channel: "c", event: nil, payload: ByteBuffer(bytes: [1, 2, 3])),
            """
            0000002d 84 a474797065 a77075626c697368 a26964 ce00011170 a76368616e6e656c a163
            a77061796c6f6164 c403010203
            """
        ),
        (
            .publish(id: 1, channel: "c", event: "e", payload: ByteBuffer()),
            """
            0000002e 85 a474797065 a77075626c697368 a26964 01 a76368616e6e656c a163 a56576656e74 a165
            a77061796c6f6164 c400
            """
        ),
        (
            .presence(id: 1, channel: "c", action: .join, data: nil),
            "00000025 84 a474797065 a870726573656e6365 a26964 01 a76368616e6e656c a163 a6616374696f6e 00"
        ),
        (
            .presence(id: 1, channel: "c", action: .sync, data: ByteBuffer(string: #"{"a":1}"#)),
            """
            0000002e 85 a474797065 a870726573656e6365 a26964 01 a76368616e6e656c
            a163 a6616374696f6e 03 a464617461 81a16101
            """
        ),
        (.ping(timestamp: nil), "0000000b 81 a474797065 a470696e67"),
        (
            .ping(timestamp: 1_700_000_000_000),
            "0000001e 82 a474797065 a470696e67 a974696d657374616d70 cf0000018bcfe56800"
        ),
        (.pong(timestamp: nil), "0000000b 81 a474797065 a4706f6e67"),
        (
            .connect(version: 1, token: "token123"),
            "00000026 83 a474797065 a7636f6e6e656374 a776657273696f6e 01 a5746f6b656e a8746f6b656e313233"
        ),
    ]

    static let state = PulsePresenceState(
        connectionID: "c1",
        data: ByteBuffer(string: #"{"a":[1,-1.5,null]}"#),
        joinedAt: 1_700_000_000_000,
        lastSeen: 1_700_000_000_001
    )

    private static let bareState = PulsePresenceState(connectionID: "c2", data: nil, joinedAt: 0, lastSeen: 5)
    private static let bareStateBytes = """
        84 ad636f6e6e656374696f6e5f6964 a26332 a464617461 c0 a96a6f696e65645f6174 00 a96c6173745f7365656e 05
        """

    /// What servers send.
    static let server: [(frame: PulseServerFrame, bytes: String)] = [
        (
            .presence(channel: "c", .joined, Self.state),
            """
            00000076 85 a474797065 a870726573656e6365 a26964 00 a76368616e6e656c a163 a6616374696f6e 00
            a464617461 84 ad636f6e6e656374696f6e5f6964 a26331 a464617461 81a16193 01 cbbff8000000000000 c0
            a96a6f696e65645f6174 cf0000018bcfe56800 a96c6173745f7365656e cf0000018bcfe56801
            """
        ),
        (
            .presence(channel: "c", .left, Self.bareState),
            """
            00000058 85 a474797065 a870726573656e6365 a26964 00 a76368616e6e656c a163 a6616374696f6e 01
            a464617461 \(Self.bareStateBytes)
            """
        ),
        (
            .presence(channel: "c", .updated, Self.bareState),
            """
            00000058 85 a474797065 a870726573656e6365 a26964 00 a76368616e6e656c a163 a6616374696f6e 02
            a464617461 \(Self.bareStateBytes)
            """
        ),
        (
            .presenceSync(id: 7, channel: "c", [Self.bareState, Self.bareState]),
            """
            00000090 85 a474797065 a870726573656e6365 a26964 07 a76368616e6e656c a163 a6616374696f6e 03
            a464617461 81 a76d656d62657273 92 \(Self.bareStateBytes) \(Self.bareStateBytes)
            """
        ),
        (
            .presenceSync(id: 0, channel: "c", []),
            """
            00000034 85 a474797065 a870726573656e6365 a26964 00 a76368616e6e656c a163 a6616374696f6e 03
            a464617461 81 a76d656d62657273 90
            """
        ),
        (.ack(42), "0000000e 82 a474797065 a361636b a26964 2a"),
        (
            .error(id: 1, .invalidFrame, "Invalid frame"),
            """
            0000002e 84 a474797065 a56572726f72 a26964 01 a4636f6465 cd03e9
            a76d657373616765 ad496e76616c6964206672616d65
            """
        ),
        (.ping(timestamp: nil), "0000000b 81 a474797065 a470696e67"),
        (
            .ping(timestamp: 1_700_000_000_000),
            "0000001e 82 a474797065 a470696e67 a974696d657374616d70 cf0000018bcfe56800"
        ),
        (.pong(timestamp: nil), "0000000b 81 a474797065 a4706f6e67"),
        (
            .connected(connectionID: "conn-123", version: 1, heartbeat: 30_000),
            """
            0000003d 84 a474797065 a9636f6e6e6563746564 ad636f6e6e656374696f6e5f6964 a8636f6e6e2d313233
            a776657273696f6e 01 a9686561727462656174 cd7530
            """
        ),
    ]

    /// A frame's MessagePack without the length, from pairs of a key and the bytes of a value.
    static func map(_ members: KeyValuePairs<String, String>) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.pack(mapOf: members.count)
        for (name, value) in members {
            buffer.pack(text: name)
            buffer.writeBytes(bytes(value))
        }
        return inset(buffer.readableBytesView)
    }
}
