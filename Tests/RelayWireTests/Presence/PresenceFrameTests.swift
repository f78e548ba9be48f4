import NIOCore
import RelayWire
import Testing

@Suite("Presence frame")
struct PresenceFrameTests {
    @Test(
        "reads every action",
        arguments: [
            (#"{"type":"presence","action":"join","topic":"t"}"#, PresenceFrame(.join, topic: "t")),
            (
                #"{"data":{"x": [1]},"id":7,"topic":"presence/t","action":"jo\u0069n","type":"presence"}"#,
                PresenceFrame(.join, topic: "presence/t", data: json(#"{"x": [1]}"#), requestID: json("7"))
            ),
            (
                #"{"type":"presence","action":"update","topic":"t","data":"away","id":"q"}"#,
                PresenceFrame(.update, topic: "t", data: json(#""away""#), requestID: json(#""q""#))
            ),
            (
                #"{"type":"presence","action":"update","topic":"t","data":null,"id":null}"#,
                PresenceFrame(.update, topic: "t")
            ),
            (#"{"type":"presence","action":"leave","topic":"t","data":1}"#, PresenceFrame(.leave, topic: "t")),
            (#"{"type":"presence","action":"watch","topic":"t"}"#, PresenceFrame(.watch, topic: "t")),
            (
                #"{"type":"presence","action":"watch","topic":"t","cursor":"ab@1-0"}"#,
                PresenceFrame(.watch, topic: "t", cursor: "ab@1-0")
            ),
            (#"{"type":"presence","action":"get","topic":"t","cursor":5}"#, PresenceFrame(.get, topic: "t")),
            (#"{"type":"presence","action":"unwatch","topic":"t"}"#, PresenceFrame(.unwatch, topic: "t")),
            (
                #"{"type":"presence","action":"get","topic":"t","id":-1}"#,
                PresenceFrame(.get, topic: "t", requestID: json("-1"))
            ),
        ]
    )
    func actions(text: String, frame: PresenceFrame) throws {
        let read = try ClientFrame(json: inset(text.utf8), isFirst: false)
        #expect(read == .presence(frame))
    }

    @Test(
        "names the field that is wrong, and the request",
        arguments: [
            (#"{"type":"presence","id":1,"topic":"t"}"#, "action", "1"),
            (#"{"type":"presence","id":1,"action":"dance","topic":"t"}"#, "action", "1"),
            (#"{"type":"presence","id":1,"action":0,"topic":"t"}"#, "action", "1"),
            (#"{"type":"presence","id":1,"action":"join","action":"join","topic":"t"}"#, "action", "1"),
            (#"{"type":"presence","id":1,"action":"join"}"#, "topic", "1"),
            (#"{"type":"presence","id":1,"action":"join","topic":"-"}"#, "topic", "1"),
            (#"{"type":"presence","id":1,"action":"join","topic":"t","data":1,"data":1}"#, "data", "1"),
            (#"{"type":"presence","id":1,"action":"watch","topic":"t","cursor":5}"#, "cursor", "1"),
            (#"{"type":"presence","id":1.5,"action":"join","topic":"t"}"#, "id", nil),
        ] as [(String, String, String?)]
    )
    func errors(text: String, field: String, id: String?) {
        #expect {
            try ClientFrame(json: inset(text.utf8), isFirst: false)
        } throws: { error in
            (error as? FrameError)?.field == field && (error as? FrameError)?.requestID?.text == id
        }
    }

    @Test("data is kept in memory of its own")
    func ownMemory() throws {
        let text = #"{"type":"presence","action":"join","topic":"t","data":[1],"more":""#
        let frame = try ClientFrame(
            json: ByteBuffer(string: text + String(repeating: "x", count: 10_000) + "\"}"),
            isFirst: false
        )
        guard case .presence(let presence) = frame else {
            Issue.record("\(frame)")
            return
        }
        #expect(presence.data?.text == "[1]")
        #expect(presence.data?.storageCapacity ?? .max < 100)
    }

    private static func json(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }
}
