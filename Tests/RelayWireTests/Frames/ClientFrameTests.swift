import NIOCore
import RelayWire
import Testing

@Suite("Client frame")
struct ClientFrameTests {
    @Test(
        "reads every type",
        arguments: [
            (#"{"type":"subscribe","topics":["a","b","a"]}"#, .subscribe(SubscribeFrame(topics: ["a", "b"]))),
            (
                #"{"topics":["a"],"client_id":"c","offset":"earliest","type":"subscribe"}"#,
                .subscribe(SubscribeFrame(topics: ["a"], clientID: "c", offset: "earliest"))
            ),
            (
                #"{"type":"subscribe","cursors":{"a":"1-0","x":"2"},"topics":["a"],"offset":"last"}"#,
                .subscribe(SubscribeFrame(topics: ["a"], offset: "last", cursors: ["a": "1-0"]))
            ),
            (
                #"{"type":"subscribe","topics":["a"],"offset":"123","client_id":null,"cursors":null}"#,
                .subscribe(SubscribeFrame(topics: ["a"], offset: "123"))
            ),
            (
                #"{"type":"subscribe","topics":["a"],"reader":"w"}"#,
                .subscribe(SubscribeFrame(topics: ["a"], reader: "w"))
            ),
            (#"{"type":"unsubscribe","topics":["a","no such name","a"]}"#, .unsubscribe(topics: ["a"])),
            (#"{"type":"ack","message_id":"1-2"}"#, .acknowledge(.init(messageID: "1-2"))),
            (
                #"{"type":"ack","message_id":"e@1-2","topic":"t","id":7}"#,
                .acknowledge(.init(messageID: "e@1-2", topic: "t", requestID: ByteBuffer(string: "7")))
            ),
            (
                #"{"id":"é","topic":"no topic","message_id":"x","type":"ack"}"#,
                .acknowledge(.init(messageID: "x", topic: "", requestID: ByteBuffer(string: "\"é\"")))
            ),
            (#"{"type":"ack","message_id":"x","topic":3,"id":null}"#, .acknowledge(.init(messageID: "x", topic: ""))),
            (#"{"type":"ping"}"#, .ping),
            (#"{"t\u0079pe":"p\u0069ng","topics":3,"id":[]}"#, .ping),
            (#"{"type":"dance"}"#, .unknown(type: "dance")),
            (
                #"{"type":"publish","id":"q\u0031","topic":"t","payload":{"x": 1}}"#,
                .publish(
                    .init(
                        requestID: ByteBuffer(string: #""q\u0031""#),
                        request: PublishRequest(topic: "t", payload: ByteBuffer(string: #"{"x": 1}"#))
                    )
                )
            ),
            (
                #"{"type":"publish","id":1,"topic":"t","payload":"AQI=","encoding":"base64"}"#,
                .publish(
                    .init(
                        requestID: ByteBuffer(string: "1"),
                        request: PublishRequest(topic: "t", payload: ByteBuffer(bytes: [1, 2]), isBinary: true)
                    )
                )
            ),
            (
                #"{"idempotency_key":"k","ttl":"5","metadata":{"a":"b"},"payload":{},"topic":"t","id":-7,"type":"publish"}"#,
                .publish(
                    .init(
                        requestID: ByteBuffer(string: "-7"),
                        request: PublishRequest(
                            topic: "t",
                            payload: ByteBuffer(string: "{}"),
                            metadata: ByteBuffer(string: #"{"a":"b"}"#),
                            ttl: 5
                        ),
                        idempotencyKey: "k"
                    )
                )
            ),
        ] as [(String, ClientFrame)]
    )
    func types(text: String, frame: ClientFrame) throws {
        #expect(try ClientFrame(json: inset(text.utf8), isFirst: false) == frame)
        #expect(try ClientFrame(json: inset(text.utf8), isFirst: true) == frame)
    }

    @Test("a first frame without a type is a subscribe, a later one is nothing")
    func firstFrame() throws {
        let json = inset(#"{"topics":["a"],"client_id":"web"}"#.utf8)
        #expect(
            try ClientFrame(json: json, isFirst: true) == .subscribe(SubscribeFrame(topics: ["a"], clientID: "web"))
        )
        #expect(throws: FrameError(message: "Field required", field: "type")) {
            try ClientFrame(json: json, isFirst: false)
        }
    }

    @Test(
        "names the field that is wrong",
        arguments: [
            (#"[]"#, nil), (#""x""#, nil), (#"{"#, nil), ("", nil), (#"{"type":"ping"} x"#, nil),
            (#"{}"#, "type"), (#"{"type":1}"#, "type"), (#"{"type":null,"topics":["a"]}"#, "type"),
            (#"{"type":"ping","type":"ping"}"#, "type"),
            (#"{"type":"subscribe"}"#, "topics"), (#"{"type":"subscribe","topics":[]}"#, "topics"),
            (#"{"type":"subscribe","topics":"a"}"#, "topics"),
            (#"{"type":"subscribe","topics":["a","-"]}"#, "topics.1"),
            (#"{"type":"subscribe","topics":["a"],"client_id":""}"#, "client_id"),
            (#"{"type":"subscribe","topics":["a"],"client_id":5}"#, "client_id"),
            (#"{"type":"subscribe","topics":["a"],"offset":5}"#, "offset"),
            (#"{"type":"subscribe","topics":["a"],"offset":"last","offset":"last"}"#, "offset"),
            (#"{"type":"subscribe","topics":["a"],"cursors":{"a":null}}"#, "cursors.a"),
            (#"{"type":"subscribe","topics":["a"],"cursors":[]}"#, "cursors"),
            (#"{"type":"unsubscribe","topics":[]}"#, "topics"), (#"{"type":"unsubscribe","topics":[1]}"#, "topics.0"),
            (#"{"type":"ack"}"#, "message_id"), (#"{"type":"ack","message_id":1}"#, "message_id"),
            (#"{"type":"publish","topic":"t","payload":{}}"#, "id"),
            (#"{"type":"publish","id":1.5,"topic":"t","payload":{}}"#, "id"),
            (#"{"type":"publish","id":1e5,"topic":"t","payload":{}}"#, "id"),
            (#"{"type":"publish","id":null,"topic":"t","payload":{}}"#, "id"),
        ] as [(String, String?)]
    )
    func errors(text: String, field: String?) {
        #expect {
            try ClientFrame(json: inset(text.utf8), isFirst: false)
        } throws: { error in
            (error as? FrameError)?.field == field && (error as? FrameError)?.message.isEmpty == false
        }
    }

    @Test(
        "a refused publish still tells its id",
        arguments: [
            (#"{"type":"publish","id":9,"topic":"t","payload":[]}"#, "payload"),
            (#"{"type":"publish","id":9,"payload":{}}"#, "topic"),
            (#"{"type":"publish","id":9,"topic":"t","payload":{},"idempotency_key":1}"#, "idempotency_key"),
        ]
    )
    func refusedPublish(text: String, field: String) {
        #expect {
            try ClientFrame(json: inset(text.utf8), isFirst: false)
        } throws: { error in
            (error as? FrameError)?.field == field && (error as? FrameError)?.requestID?.text == "9"
        }
    }

    @Test("counts characters, not bytes, and topics", arguments: [(255, 50, true), (256, 50, false), (1, 51, false)])
    func limits(characters: Int, topics: Int, isLegal: Bool) {
        let names = (0..<topics).map { "\"t\($0)\"" }.joined(separator: ",")
        let client = String(repeating: "é", count: characters)
        let json = inset(#"{"type":"subscribe","topics":[\#(names)],"client_id":"\#(client)"}"#.utf8)
        #expect(((try? ClientFrame(json: json, isFirst: true)) != nil) == isLegal)
    }

    @Test("cuts long types and refuses long ids")
    func longTexts() throws {
        let long = String(repeating: "x", count: 300)
        let unknown = try ClientFrame(json: inset(#"{"type":"\#(long)"}"#.utf8), isFirst: false)
        #expect(unknown == .unknown(type: String(long.prefix(64))))
        #expect(throws: FrameError.self) {
            try ClientFrame(
                json: inset(#"{"type":"publish","id":"\#(long)","topic":"t","payload":{}}"#.utf8),
                isFirst: false
            )
        }
    }

    @Test("refuses every beginning of a frame")
    func truncated() {
        let text = Array(#"{"type":"publish","id":1,"topic":"t","payload":{"a":"é"},"idempotency_key":"k"}"#.utf8)
        for length in 0..<text.count {
            #expect(throws: FrameError.self) { try ClientFrame(json: inset(text[..<length]), isFirst: true) }
        }
    }
}
