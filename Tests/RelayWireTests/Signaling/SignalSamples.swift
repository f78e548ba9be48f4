import NIOCore

/// A message of a peer's: what its client writes, what the topic has, and what other sockets get of it.
struct SignalSample: Sendable, CustomStringConvertible {
    /// Without the envelope: `type` and the message's own members.
    let sent: String
    let topic: String
    let stored: String
    /// What a G3 socket gets behind `session_id`, `type` left out.
    let delivered: String

    init(_ sent: String, on topic: String, as stored: String? = nil, delivered: String? = nil) {
        self.sent = sent
        self.topic = topic
        self.stored = "{" + (stored ?? sent) + "}"
        self.delivered = delivered ?? (stored ?? sent)
    }

    var description: String { self.sent }

    /// Part 5.1 of the wire contract, but for what is not relayed.
    static let g3: [SignalSample] = [
        SignalSample(#""type":"chat_message","message":"hé \"you\"""#, on: "session"),
        SignalSample(#""type":"request_file_manifest""#, on: "files"),
        SignalSample(#""type":"file_manifest","manifest_json":"{\"files\":[]}""#, on: "files"),
        SignalSample(#""type":"request_files","file_paths":["a","b/c"]"#, on: "files"),
        SignalSample(#""type":"files_chunk","files_json":"[]","chunk_index":0,"total_chunks":1"#, on: "files"),
        SignalSample(#""type":"file_changed","path":"a","kind":"modified""#, on: "files"),
        SignalSample(
            #""type":"p2_p_connection_request","public_ip":"192.0.2.1","public_port":65535"#,
            on: "signal",
            as: #""type":"p2p_connection_request","public_ip":"192.0.2.1","public_port":65535"#
        ),
        SignalSample(#""type":"p2p_connection_request","public_ip":"192.0.2.1","public_port":0"#, on: "signal"),
        SignalSample(
            #""type":"p2_p_connection_response","public_ip":"2001:db8::1","public_port":1"#,
            on: "signal",
            as: #""type":"p2p_connection_response","public_ip":"2001:db8::1","public_port":1"#
        ),
        SignalSample(#""type":"p2p_connection_response","public_ip":"192.0.2.1","public_port":9"#, on: "signal"),
        SignalSample(#""type":"request_binary_proxy""#, on: "signal"),
        SignalSample(
            #""type":"binary_proxy_data","sequence":18446744073709551615,"is_git_protocol":true"#,
            on: "signal"
        ),
        SignalSample(#""type":"request_project_tree""#, on: "files"),
        SignalSample(#""type":"project_tree_response","tree_json":"00ff""#, on: "files"),
        SignalSample(#""type":"request_file","file_path":"src/a.swift""#, on: "files"),
        SignalSample(
            #""type":"file_chunk","file_path":"a","offset":8192,"data":[0,255],"is_last":false"#,
            on: "files"
        ),
        SignalSample(#""type":"replication_update","data":"{}""#, on: "signal"),
    ]

    /// Part 5.5.
    static let g1: [SignalSample] = [
        SignalSample(#""type":"offer","to_peer_id":"b","sdp":"v=0\r\n""#, on: "signal"),
        SignalSample(#""type":"answer","to_peer_id":"b","sdp":"v=0""#, on: "signal"),
        SignalSample(
            #""type":"candidate","candidate":{"ip":"192.0.2.1","port":1,"proto":"udp","priority":1,"candidate_type":"host"}"#,
            on: "signal"
        ),
        SignalSample(#""type":"candidate","candidate":"candidate:1 1 udp 1 192.0.2.1 1 typ host""#, on: "signal"),
        SignalSample(#""type":"end_of_candidates","to_peer_id":"b""#, on: "signal"),
    ]

    /// Part 5.6.
    static let g2: [SignalSample] = [
        SignalSample(#""type":"request_git_objects","commit_hash":"00""#, on: "files"),
        SignalSample(#""type":"git_objects_chunk","objects_json":"[]","chunk_index":0,"total_chunks":1"#, on: "files"),
    ]

    /// Part 5.7.
    static let core: [SignalSample] = [
        SignalSample(
            #""type":"chat","sender_id":"x","sender_name":"X","text":"hi","timestamp":5"#,
            on: "session",
            as: #""type":"chat_message","message":"hi""#
        ),
        SignalSample(#""type":"cursor_update","path":null,"line":1,"column":2"#, on: "presence"),
        SignalSample(#""type":"file_manifest","entries":[{"path":"a","is_dir":false,"size":1}]"#, on: "files"),
        SignalSample(#""type":"request_file","path":"a","offset":7"#, on: "files"),
        SignalSample(#""type":"file_chunk","path":"a","offset":0,"data":"AA==","is_last":true"#, on: "files"),
        SignalSample(#""type":"state_update","element_id":"e","state":{"a":[1]},"timestamp":5"#, on: "signal"),
        SignalSample(#""type":"p2p_connection_request","sdp":"v=0","candidate":"c""#, on: "signal"),
        SignalSample(#""type":"p2p_connection_response","candidate":"c""#, on: "signal"),
    ]

    static let all = Self.g3 + Self.g1 + Self.g2 + Self.core
}
