import NIOCore
import RelayWire
import Testing

@Suite("Signaling notice")
struct SignalNoticeTests {
    private static func joined(_ dialect: SignalDialect) -> SignalNotice {
        .joined(
            SignalNotice.Joined(
                dialect: dialect,
                session: "S",
                you: "b",
                roster: [
                    SignalNotice.Peer(id: "h", role: "host", key: "k"),
                    SignalNotice.Peer(id: "b", role: "editor", profile: ByteBuffer(string: #"{"peer_id":"b"}"#)),
                ],
                host: "h",
                token: "t",
                resume: "r",
                serverTimeMilliseconds: 5,
                cursors: [.signal: MessageID(milliseconds: 1, sequence: 2), .session: .zero],
                epochs: [.signal: "5f0c1d9e2b7a4c31"],
                requestID: ByteBuffer(string: "7")
            )
        )
    }

    private static let members = #"""
        "participants":["h","b"],"join_token":"t","participant_profiles":[{"peer_id":"b"}],"you":"b","host_peer_id":"h",
        """# + #"""
            "roster":[{"peer_id":"h","role":"host","key":"k","profile":null},
            """# + #"""
            {"peer_id":"b","role":"editor","key":null,"profile":{"peer_id":"b"}}],"server_time_ms":5,"resume":"r",
            """# + #"""
            "cursors":{"session":"0-0","signal":"1-2"},"epochs":{"signal":"5f0c1d9e2b7a4c31"},"re":7}
            """#

    static let samples: [(SignalNotice, String)] = [
        (joined(.g3), #"{"type":"joined","session_id":"S","peer_id":"b",\#(members)"#),
        (joined(.g1), #"{"type":"joined","session_id":"S","peer_id":"b",\#(members)"#),
        (
            joined(.core),
            #"{"type":"joined","session":{"session_id":"S","host_peer_id":"h"},"your_peer_id":"b",\#(members)"#
        ),
        (.pong(requestID: nil), #"{"type":"pong"}"#),
        (
            .error(.init(code: "forbidden", message: "\"no\"", isRetryable: true, requestID: ByteBuffer(string: "7"))),
            #"{"type":"error","code":"forbidden","message":"\"no\"","retryable":true,"re":7}"#
        ),
        (
            .error(.init(code: "x", message: "y")),
            #"{"type":"error","code":"x","message":"y","retryable":false}"#
        ),
        (.serverDraining(), #"{"type":"server_draining"}"#),
        (
            .serverDraining(alternate: "https://other.example.org"),
            #"{"type":"server_draining","alternate":"https://other.example.org"}"#
        ),
        (
            .gap(.signal, after: .zero, resumedFrom: nil, epoch: "5f0c1d9e2b7a4c31"),
            #"{"type":"gap","topic":"signal","after":"0-0","resumed_from":null,"epoch":"5f0c1d9e2b7a4c31"}"#
        ),
        (
            .gap(.presence, after: .zero, resumedFrom: nil, epoch: nil),
            #"{"type":"gap","topic":"presence","after":"0-0","resumed_from":null}"#
        ),
        (.kicked(session: "S", reason: "r"), #"{"type":"kicked","session_id":"S","reason":"r"}"#),
        (
            .lockGranted(element: "e", peer: "b", fence: 3, requestID: nil),
            #"{"type":"lock_granted","element_id":"e","peer_id":"b","fence":3}"#
        ),
        (
            .lockDenied(element: "e", holder: "h", reason: "r", requestID: ByteBuffer(string: "7")),
            #"{"type":"lock_denied","element_id":"e","peer_id":"h","reason":"r","re":7}"#
        ),
        (
            .permissionGranted(element: "e", permission: "edit", requestID: nil),
            #"{"type":"permission_granted","element_id":"e","permission":"edit"}"#
        ),
        (
            .permissionDenied(element: "e", permission: "edit", reason: "r", requestID: nil),
            #"{"type":"permission_denied","element_id":"e","permission":"edit","reason":"r"}"#
        ),
        (.ticketRenewed(token: "t", expiresAt: 5), #"{"type":"ticket_renewed","join_token":"t","expires_at":5}"#),
    ]

    @Test("is written byte for byte, and read by Foundation", arguments: samples)
    func exact(notice: SignalNotice, json: String) throws {
        var bytes = ByteBuffer()
        notice.writeFramed(into: &bytes)
        var header = ByteBuffer()
        WebSocketFraming.writeHeader(.text, payloadSize: json.utf8.count, into: &header)
        #expect(bytes.readSlice(length: header.readableBytes) == header)
        #expect(bytes.text == json)
        _ = try bytes.foundationObject()
    }
}
