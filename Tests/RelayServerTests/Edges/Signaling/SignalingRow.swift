import Foundation

/// A message of the reference's tables: who sends it, what it holds, and who gets it as what.
struct SignalingRow: Sendable, CustomStringConvertible {
    enum Reach: Sendable {
        case everyone, others, host
        /// The peer that `to_peer_id` names.
        case named
        /// The peer that has asked the host.
        case requester
    }

    /// 0 is the host, 1 and 2 are editors.
    let sender: Int
    /// Without the envelope.
    let sent: String
    let reach: Reach
    /// `type` as others get it; nil for as it was sent.
    let tag: String?

    init(_ sent: String, by sender: Int = 1, to reach: Reach, as tag: String? = nil) {
        self.sent = "{\(sent)}"
        self.sender = sender
        self.reach = reach
        self.tag = tag
    }

    var description: String { self.sent }

    var fields: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(self.sent.utf8)) as? [String: Any]) ?? [:]
    }

    var type: String { self.fields["type"] as? String ?? "" }

    /// Who gets it, of the three.
    var receivers: [Int] {
        switch self.reach {
        case .everyone: [0, 1, 2]
        case .others: [0, 1, 2].filter { $0 != self.sender }
        case .host: [0]
        case .named: [2]
        case .requester: [1]
        }
    }

    /// A message of the same topic that anybody may address to anybody.
    var marker: [String: Any] {
        switch self.type {
        case "chat_message": ["type": "chat_message", "message": "mark"]
        case "chat": ["type": "chat", "text": "mark"]
        case "cursor_update", "presence_update": ["type": "presence_update", "mark": true]
        case let type where type.contains("file") || type.contains("tree") || type.contains("git"):
            ["type": "file_changed", "path": "mark", "kind": "modified"]
        default: ["type": "end_of_candidates", "mark": true]
        }
    }

    static func all(_ dialect: SignalingClient.Dialect) -> [SignalingRow] {
        switch dialect {
        case .g3: Self.g3
        case .g2: Self.g2
        case .g1: Self.g1
        case .core: Self.core
        }
    }

    /// Part 5.1 of the wire contract, but for what only the sender hears of.
    private static let g3 = [
        Self(#""type":"chat_message","message":"h\u00e9 \"x\"""#, to: .everyone),
        Self(#""type":"request_file_manifest""#, to: .host),
        Self(#""type":"file_manifest","manifest_json":"{\"files\":[]}""#, by: 0, to: .requester),
        Self(#""type":"request_files","file_paths":["a","b/c"]"#, to: .host),
        Self(#""type":"files_chunk","files_json":"[]","chunk_index":0,"total_chunks":1"#, by: 0, to: .requester),
        Self(#""type":"file_changed","path":"a","kind":"modified""#, to: .everyone),
        Self(
            #""type":"p2_p_connection_request","public_ip":"192.0.2.1","public_port":65535"#,
            to: .others,
            as: "p2p_connection_request"
        ),
        Self(
            #""type":"p2_p_connection_response","public_ip":"2001:db8::1","public_port":1"#,
            to: .others,
            as: "p2p_connection_response"
        ),
        Self(#""type":"p2p_connection_request","public_ip":"192.0.2.1","public_port":9"#, to: .others),
        Self(#""type":"request_binary_proxy""#, to: .others),
        Self(#""type":"request_project_tree""#, to: .host),
        Self(#""type":"project_tree_response","tree_json":"00ff""#, by: 0, to: .requester),
        Self(#""type":"request_file","file_path":"src/a.swift""#, to: .host),
        Self(
            #""type":"file_chunk","file_path":"a","offset":8192,"data":[0,255],"is_last":false"#,
            by: 0,
            to: .requester
        ),
        Self(#""type":"replication_update","data":"{\"StateUpdate\":{}}""#, to: .others),
    ]

    /// Part 5.5.
    private static let g1 = [
        Self(#""type":"offer","to_peer_id":"other","sdp":"v=0""#, to: .named),
        Self(#""type":"answer","to_peer_id":"other","sdp":"v=0""#, to: .named),
        Self(
            #""type":"candidate","candidate":{"ip":"192.0.2.1","port":1,"proto":"udp","priority":1,"candidate_type":"host"}"#,
            to: .others
        ),
        Self(
            #""type":"candidate","to_peer_id":"other","candidate":"candidate:1 1 udp 1 192.0.2.1 1 typ host""#,
            to: .named
        ),
        Self(#""type":"end_of_candidates","to_peer_id":"other""#, to: .named),
    ]

    /// Part 5.6.
    private static let g2 = [
        Self(#""type":"request_git_objects","commit_hash":"00""#, to: .host),
        Self(
            #""type":"git_objects_chunk","objects_json":"[]","chunk_index":0,"total_chunks":1"#,
            by: 0,
            to: .requester
        ),
        Self(#""type":"chat_message","message":"x""#, to: .everyone),
        Self(#""type":"request_project_tree""#, to: .host),
    ]

    /// Part 5.7.
    private static let core = [
        Self(#""type":"chat","text":"hi""#, to: .everyone),
        Self(#""type":"cursor_update","path":"a","line":1,"column":2"#, to: .others),
        Self(#""type":"request_file_manifest""#, to: .host),
        Self(#""type":"file_manifest","entries":[{"path":"a","is_dir":false,"size":1}]"#, by: 0, to: .requester),
        Self(#""type":"request_file","path":"a","offset":7"#, to: .host),
        Self(#""type":"file_chunk","path":"a","offset":0,"data":"AA==","is_last":true"#, by: 0, to: .requester),
        Self(#""type":"file_changed","path":"a","kind":"created""#, to: .everyone),
        Self(#""type":"state_update","element_id":"e","state":{"a":[1]},"timestamp":5"#, to: .others),
        Self(#""type":"p2p_connection_request","sdp":"v=0","candidate":"c""#, to: .others),
        Self(#""type":"p2p_connection_response","sdp":"v=0""#, to: .others),
    ]
}
