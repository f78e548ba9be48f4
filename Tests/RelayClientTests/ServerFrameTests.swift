import Testing

@testable import RelayClient

@Suite("Frames")
struct ServerFrameTests {
    @Test("Each kind of frame is read")
    func kinds() throws {
        let cases: [(String, ServerFrame)] = [
            (
                #"{"type":"subscribed","topics":["a","b"],"session_id":"sess_1","timestamp":"T","cursors":{"a":"1-0"}}"#,
                .subscribed(topics: ["a", "b"], cursors: ["a": "1-0"])
            ),
            (#"{"type":"subscribed","topics":["a"]}"#, .subscribed(topics: ["a"], cursors: [:])),
            (
                #"{"type":"message","message_id":"1-0","topic":"a","payload":{"n":1.0},"timestamp":"T","metadata":null}"#,
                .message(
                    RelayMessage(
                        topic: "a",
                        messageID: "1-0",
                        payload: try JSONDocument(parsing: #"{"n":1.0}"#),
                        timestamp: "T"
                    )
                )
            ),
            (
                #"{"type":"gap","topic":"a","after":"1-0","resumed_from":"5-0"}"#,
                .gap(MessageGap(topic: "a", after: "1-0", resumedFrom: "5-0"))
            ),
            (
                #"{"type":"error","code":"SUBSCRIPTION_ERROR","message":"no","details":null}"#,
                .error(code: "SUBSCRIPTION_ERROR", message: "no")
            ),
            (
                #"{"type":"presence","action":"joined","id":"q","topic":"a","connection_id":"c"}"#,
                .presenceDone(request: "q", connectionID: "c")
            ),
            (
                #"{"type":"presence","action":"left","id":"q","topic":"a"}"#,
                .presenceDone(request: "q", connectionID: nil)
            ),
            (#"{"type":"presence","action":"left","topic":"a"}"#, .other),
            (#"{"type":"pong","timestamp":"T"}"#, .other),
            (#"{"type":"from the future"}"#, .other),
        ]
        for (text, frame) in cases {
            #expect(try ServerFrame.decode(text.utf8) == frame)
        }
    }

    @Test("Who is on a topic is read, and what has changed of that")
    func presence() throws {
        let member =
            #"{"connection_id":"c","user":"alice","data":{"x":1.0},"joined_at":"T1","last_seen":"T2"}"#
        let all = try ServerFrame.decode(
            #"{"type":"presence","action":"sync","topic":"a","members":[\#(member)],"users":1,"connections":2,"cursor":"1-0"}"#
                .utf8
        )
        guard case .presence(let report) = all, case .all(let members) = report.content else {
            Issue.record("\(all)")
            return
        }
        #expect(report.topic == "a" && report.users == 1 && report.connections == 2 && report.cursor == "1-0")
        #expect(members.map(\.connectionID) == ["c"] && members.map(\.user) == ["alice"])
        #expect(members.first?.data == (try JSONDocument(parsing: #"{"x":1.0}"#)))
        #expect(members.first?.joinedAt == "T1" && members.first?.lastSeen == "T2")
        let some = try ServerFrame.decode(
            #"{"type":"presence","action":"changes","topic":"a","left":["d"],"users":1,"connections":1,"cursor":"2-0"}"#
                .utf8
        )
        guard case .presence(let changes) = some else {
            Issue.record("\(some)")
            return
        }
        #expect(changes.content == .changes(joined: [], updated: [], left: ["d"]))
    }

    @Test("A message of bytes is read as bytes, and a snapshot as one")
    func binary() throws {
        let text =
            #"{"type":"message","message_id":"1-0","topic":"a","payload":"APvv/w==","encoding":"base64","#
            + #""snapshot":true,"timestamp":"T","metadata":null}"#
        let message = RelayMessage(
            topic: "a",
            messageID: "1-0",
            content: .binary([0, 0xFB, 0xEF, 0xFF]),
            timestamp: "T",
            isSnapshot: true
        )
        #expect(try ServerFrame.decode(text.utf8) == .message(message))
        #expect(message.payload == "APvv/w==")
    }

    @Test(
        "Nonsense is an error",
        arguments: [
            "", "hello", "[]", "{}", #"{"type":1}"#, #"{"type":"message"}"#, #"{"type":"subscribed","topics":[1]}"#,
            #"{"type":"message","message_id":7,"topic":"a","payload":{},"timestamp":"T"}"#,
            #"{"type":"message","message_id":"7","topic":"a","payload":{},"timestamp":"T","metadata":{"a":1}}"#,
            #"{"type":"message","message_id":"7","topic":"a","payload":"AA","encoding":"base64","timestamp":"T"}"#,
            #"{"type":"message","message_id":"7","topic":"a","payload":{},"encoding":"base64","timestamp":"T"}"#,
            #"{"type":"message","message_id":"7","topic":"a","payload":"AAAA","encoding":"hex","timestamp":"T"}"#,
        ]
    )
    func nonsense(text: String) {
        #expect(throws: JSONDocumentError.self) { try ServerFrame.decode(text.utf8) }
    }

    @Test("The first frame asks for cursors where they are known, and for the offset elsewhere")
    func subscribe() {
        var options = SubscriptionOptions(topics: ["a", "b"], start: .earliest)
        #expect(
            options.subscribeFrame(cursors: CursorTable()).text
                == #"{"type":"subscribe","topics":["a","b"],"offset":"earliest"}"#
        )
        options.start = .after("5-0")
        options.clientID = "me"
        #expect(
            options.subscribeFrame(cursors: CursorTable(["b": "2-0", "other": "1-0"])).text
                == #"{"type":"subscribe","topics":["a","b"],"offset":"5-0","cursors":{"b":"2-0"},"client_id":"me"}"#
        )
    }
}
