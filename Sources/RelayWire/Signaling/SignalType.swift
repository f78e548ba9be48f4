/// A type of message that peers send each other: on which topic it goes, and what it holds.
struct SignalType: Hashable, Sendable {
    /// On the topic.
    let name: String
    let topic: SignalTopic
    /// What it must hold: all of one of these.
    let shapes: [[SignalField]]

    /// - Parameter tag: `type` as a client writes it.
    static func of(_ tag: String) -> SignalType? { self.all[tag] }

    /// By `type` as clients write it, in all spellings.
    static let all: [String: SignalType] = {
        var all: [String: SignalType] = [:]
        for type in Self.session + Self.presence + Self.signal + Self.punch + Self.files { all[type.name] = type }
        all["chat"] = SignalType("chat_message", .session, [[SignalField("text", .longText)]])
        all["p2_p_connection_request"] = all["p2p_connection_request"]
        all["p2_p_connection_response"] = all["p2p_connection_response"]
        return all
    }()

    init(_ name: String, _ topic: SignalTopic, _ shapes: [[SignalField]] = [[]]) {
        self.name = name
        self.topic = topic
        self.shapes = shapes
    }

    // MARK: The types

    /// Of a path in a project. In bytes.
    private static let maximumPathSize = 4096
    /// Of an id or a name. In bytes.
    private static let maximumNameSize = 255

    /// Of a binary proxy. In bytes.
    private static let window = SignalField("window", .number(.max), isOptional: true)

    private static let session = [
        SignalType("chat_message", .session, [[SignalField("message", .longText)]])
    ]

    private static let presence = [
        SignalType(
            "cursor_update",
            .presence,
            [
                [
                    SignalField("path", .text(Self.maximumPathSize), isOptional: true),
                    SignalField("line", .number(.max)), SignalField("column", .number(.max)),
                ]
            ]
        ),
        SignalType("presence_update", .presence),
    ]

    private static let signal: [SignalType] = {
        let address = [SignalField("public_ip", .text(64)), SignalField("public_port", .number(65_535))]
        let candidate = SignalField("candidate", .any, isOptional: true)
        return [
            // The second shape is Core's, which is another message of the same name.
            SignalType("p2p_connection_request", .signal, [address, [SignalField("sdp", .longText), candidate]]),
            SignalType(
                "p2p_connection_response",
                .signal,
                [address, [SignalField("sdp", .longText), candidate], [SignalField("candidate", .any)]]
            ),
            SignalType("offer", .signal, [[SignalField("sdp", .longText)]]),
            SignalType("answer", .signal, [[SignalField("sdp", .longText)]]),
            SignalType("candidate", .signal, [[SignalField("candidate", .any)]]),
            SignalType("end_of_candidates", .signal),
            SignalType("request_binary_proxy", .signal, [[Self.window]]),
            SignalType(
                "binary_proxy_accepted",
                .signal,
                [[Self.window, SignalField("max_frame", .number(.max), isOptional: true)]]
            ),
            SignalType("binary_proxy_rejected", .signal),
            SignalType("binary_proxy_ack", .signal, [[SignalField("sequence", .number(.max)), Self.window]]),
            SignalType("binary_proxy_closed", .signal),
            SignalType(
                "binary_proxy_data",
                .signal,
                [[SignalField("sequence", .number(.max)), SignalField("is_git_protocol", .flag)]]
            ),
            SignalType("replication_update", .signal, [[SignalField("data", .longText)]]),
            SignalType(
                "state_update",
                .signal,
                [[SignalField("element_id", .text(Self.maximumNameSize)), SignalField("state", .any)]]
            ),
        ]
    }()

    private static let punch = [
        SignalType("punch_request", .punch, [[SignalField("candidates", .array, isOptional: true)]]),
        SignalType("punch_result", .punch, [[SignalField("attempt", .number(.max)), SignalField("reached", .flag)]]),
        SignalType("path_report", .punch),
    ]

    private static let files: [SignalType] = {
        let path = SignalField("path", .text(Self.maximumPathSize))
        let filePath = SignalField("file_path", .text(Self.maximumPathSize))
        let offset = SignalField("offset", .number(.max))
        let isLast = SignalField("is_last", .flag)
        let place = [SignalField("chunk_index", .number(.max)), SignalField("total_chunks", .number(.max))]
        return [
            SignalType("request_file_manifest", .files),
            SignalType(
                "file_manifest",
                .files,
                [[SignalField("manifest_json", .longText)], [SignalField("entries", .array)]]
            ),
            SignalType("request_files", .files, [[SignalField("file_paths", .texts)]]),
            SignalType("files_chunk", .files, [[SignalField("files_json", .longText)] + place]),
            SignalType("file_changed", .files, [[path, SignalField("kind", .text(Self.maximumNameSize))]]),
            SignalType("request_project_tree", .files),
            SignalType("project_tree_response", .files, [[SignalField("tree_json", .longText)]]),
            SignalType(
                "request_file",
                .files,
                [[filePath], [path, SignalField("offset", .number(.max), isOptional: true)]]
            ),
            SignalType(
                "file_chunk",
                .files,
                [
                    [filePath, offset, SignalField("data", .bytes), isLast],
                    [path, offset, SignalField("data", .any), isLast],
                ]
            ),
            SignalType("request_git_objects", .files, [[SignalField("commit_hash", .text(Self.maximumNameSize))]]),
            SignalType("git_objects_chunk", .files, [[SignalField("objects_json", .longText)] + place]),
        ]
    }()

    /// Which request a reply of the host's answers: it goes to who asked last where it names nobody.
    static let requests = [
        "file_manifest": "request_file_manifest",
        "files_chunk": "request_files",
        "project_tree_response": "request_project_tree",
        "file_chunk": "request_file",
        "git_objects_chunk": "request_git_objects",
    ]

    static let answeredRequests = Set(Self.requests.values)
}
