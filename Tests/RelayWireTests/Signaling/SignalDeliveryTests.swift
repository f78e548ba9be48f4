import NIOCore
import RelayWire
import Testing

@Suite("Signaling delivery")
struct SignalDeliveryTests {
    private static func place(
        _ dialect: SignalDialect = .g3,
        _ spelling: ConnectionSpelling = .documented,
        _ topic: SignalTopic = .signal
    ) -> SignalDelivery.Place {
        SignalDelivery.Place(
            dialect: dialect,
            spelling: spelling,
            session: "S",
            seq: 9,
            topic: topic,
            id: MessageID(milliseconds: 5, sequence: 1)
        )
    }

    /// What a socket gets of a message, without `seq` and `cursor`.
    private static func delivered(
        _ payload: String,
        from sender: String?,
        to place: SignalDelivery.Place = Self.place()
    ) throws -> String {
        let delivery = SignalDelivery(
            payload: inset(payload.utf8),
            sender: sender,
            timestamp: Timestamp(microseconds: 1_700_000_000_999_999)
        )
        var bytes = ByteBuffer()
        try #require(delivery).writeFramed(to: place, into: &bytes)
        let header = WebSocketFraming.headerSize(payloadSize: bytes.readableBytes - 4 > 125 ? 126 : 1)
        bytes.moveReaderIndex(forwardBy: header)
        _ = try bytes.foundationObject()
        let end = #","seq":9,"cursor":{"\#(place.topic.rawValue)":"5-1"}}"#
        #expect(bytes.text.hasSuffix(end))
        return bytes.text.dropLast(end.utf8.count) + "}"
    }

    @Test("each message keeps its members, and the relay says who sent it", arguments: SignalSample.all)
    func golden(sample: SignalSample) throws {
        let type = try #require(sample.delivered.split(separator: #"""#).dropFirst(2).first)
        let rest = sample.delivered.dropFirst(#""type":"""#.utf8.count + type.utf8.count)
        let isPeerID = ["chat_message", "cursor_update"].contains(String(type))
        let end = type == "chat_message" ? #","timestamp":1700000000"# : ""
        #expect(
            try Self.delivered(sample.stored, from: "a")
                == #"{"type":"\#(type)","session_id":"S","\#(isPeerID ? "peer_id" : "from_peer_id")":"a"\#(rest)\#(end)}"#
        )
    }

    @Test("nobody says for another who sent a message, for which session, or when chat came")
    func spoofed() throws {
        let payload = #"""
            {"type":"chat_message","peer_id":"x","from_peer_id":"x","sender_id":"x","session_id":"T","seq":1,"cursor":1,"timestamp":5,"message":"m"}
            """#
        #expect(
            try Self.delivered(payload, from: "a")
                == #"{"type":"chat_message","session_id":"S","peer_id":"a","message":"m","timestamp":1700000000}"#
        )
    }

    @Test(
        "the receiver's spelling of the connection messages is used",
        arguments: [
            (SignalDialect.g3, ConnectionSpelling.documented, "p2p_connection_request"),
            (.g3, .split, "p2_p_connection_request"), (.g1, .split, "p2_p_connection_request"),
            (.core, .split, "p2p_connection_request"),
        ]
    )
    func spelling(dialect: SignalDialect, spelling: ConnectionSpelling, tag: String) throws {
        let members = #""public_ip":"192.0.2.1","public_port":5"#
        for stored in ["p2p_connection_request", "p2_p_connection_request"] {
            #expect(
                try Self.delivered(#"{"type":"\#(stored)",\#(members)}"#, from: "a", to: Self.place(dialect, spelling))
                    == #"{"type":"\#(tag)","session_id":"S","from_peer_id":"a",\#(members)}"#
            )
        }
    }

    @Test("Core's connection message has one spelling")
    func coreConnection() throws {
        #expect(
            try Self.delivered(
                #"{"type":"p2p_connection_response","sdp":"v"}"#,
                from: "a",
                to: Self.place(.g3, .split)
            ) == #"{"type":"p2p_connection_response","session_id":"S","from_peer_id":"a","sdp":"v"}"#
        )
    }

    @Test("Core's sockets get chat, and who came, as Core has them")
    func core() throws {
        #expect(
            try Self.delivered(#"{"type":"chat_message","message":"m"}"#, from: "a", to: Self.place(.core))
                == #"{"type":"chat","session_id":"S","sender_id":"a","text":"m","timestamp":1700000000}"#
        )
        let joined = #"{"type":"peer_joined","revision":2,"peer_id":"b","role":"editor","profile":null}"#
        #expect(
            try Self.delivered(joined, from: nil, to: Self.place(.core))
                == #"{"type":"peer_joined","session_id":"S","peer":{"revision":2,"peer_id":"b","role":"editor","profile":null}}"#
        )
    }

    @Test(
        "the relay's own messages name the peers that they are about",
        arguments: [
            #""type":"peer_joined","session_id":"S","peer_id":"b","role":"editor","profile":null"#,
            #""type":"peer_left","session_id":"S","peer_id":"b","reason":"left""#,
            #""type":"lock_granted","session_id":"S","element_id":"e","peer_id":"b","fence":3"#,
            #""type":"punch_coord","session_id":"S","peer_id":"b","token":"t","start_ts":5"#,
        ]
    )
    func events(members: String) throws {
        let withoutSession = "{\(members)}".replacing(#""session_id":"S","#, with: "")
        #expect(try Self.delivered(withoutSession, from: nil) == "{\(members)}")
        #expect(try Self.delivered("{\(members)}", from: nil) == "{\(members)}")
    }

    @Test("what has no type, or is no object, stops nothing")
    func unusual() throws {
        #expect(try Self.delivered(#"{"x":1}"#, from: "a") == #"{"type":"","session_id":"S","from_peer_id":"a","x":1}"#)
        for text in ["", "[]", "{", #"{"a"}"#] {
            let delivery = SignalDelivery(
                payload: ByteBuffer(string: text),
                sender: "a",
                timestamp: Timestamp(microseconds: 0)
            )
            #expect(delivery == nil)
        }
    }
}
