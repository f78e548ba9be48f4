import NIOCore
import RelayWire
import Testing

@Suite("What sockets are told about proxy frames")
struct ProxyNoticeTests {
    private static let samples: [(ProxyNotice.Content, peer: String?, json: String)] = [
        (
            .accepted(window: 1_048_576, maxFrame: 4_096, sequence: 7), "bob",
            #"{"type":"binary_proxy_accepted","session_id":"s1","from_peer_id":"bob","to_peer_id":"al","window":1048576,"#
                + #""max_frame":4096,"start_sequence":7}"#
        ),
        (
            .accepted(window: 0, maxFrame: 1, sequence: .max), "b\"b",
            #"{"type":"binary_proxy_accepted","session_id":"s1","from_peer_id":"b\"b","to_peer_id":"al","window":0,"#
                + #""max_frame":1,"start_sequence":18446744073709551615}"#
        ),
        (
            .acknowledged(sequence: 258, window: nil), "bob",
            #"{"type":"binary_proxy_ack","session_id":"s1","from_peer_id":"bob","to_peer_id":"al","sequence":258}"#
        ),
        (
            .acknowledged(sequence: 0, window: 65_536), "bob",
            #"{"type":"binary_proxy_ack","session_id":"s1","from_peer_id":"bob","to_peer_id":"al","sequence":0,"#
                + #""window":65536}"#
        ),
        (
            .closed(reason: "peer_left", sent: 5, received: .max), nil,
            #"{"type":"binary_proxy_closed","session_id":"s1","from_peer_id":null,"to_peer_id":"al","#
                + #""reason":"peer_left","bytes_sent":5,"bytes_received":18446744073709551615}"#
        ),
    ]

    @Test("is these bytes, each a whole text frame")
    func golden() {
        for (content, peer, json) in Self.samples {
            let notice = ProxyNotice(session: "s1", peer: peer, to: "al", content)
            // Up to 125 bytes a frame has its length in one byte.
            let head: [UInt8] =
                json.utf8.count < 126 ? [0x81, UInt8(json.utf8.count)] : [0x81, 126, 0, UInt8(json.utf8.count)]
            #expect(Array(notice.framed.readableBytesView) == head + Array(json.utf8), "\(json)")
            #expect(ProxyNotice.isClosed(ByteBuffer(string: json)) == json.contains("binary_proxy_closed"), "\(json)")
        }
    }

    @Test("and a request that goes on has the window that holds, whatever its opener has written")
    func windows() throws {
        let samples = [
            (#"{"type":"request_binary_proxy","to_peer_id":"b","window":1099511627776,"protocol":"git"}"#, 1 << 20),
            (#"{"window":0,"type":"request_binary_proxy","to_peer_id":"b","protocol":"git"}"#, 0),
            (#"{"type":"request_binary_proxy","to_peer_id":"b","protocol":"git"}"#, 1 << 20),
            (#"{"type":"request_binary_proxy","to_peer_id":"b","window":4096,"protocol":"git"}"#, 4096),
        ]
        for (json, window) in samples {
            let frame = try SignalFrame(json: ByteBuffer(string: json))
            guard case .publish(let message) = frame.content, case .request(let asked)? = ProxySaying(message) else {
                Issue.record("no request: \(json)")
                continue
            }
            let expected = #"{"type":"request_binary_proxy","to_peer_id":"b","protocol":"git","window":\#(window)}"#
            #expect(String(buffer: message.allowing(asked, upTo: 1 << 20).payload) == expected, "\(json)")
        }
    }
}
