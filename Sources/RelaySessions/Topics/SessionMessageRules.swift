/// How long peers' messages may be, in bytes of JSON, and how many are kept. Whoever may speak in a session, also without an account, makes
/// the relay hold no more than that of it.
public struct SessionMessageLimits: Hashable, Sendable {
    /// Of chat, and of presence. Default 8 KiB.
    public var chatBytes = 8192
    /// Of what peers arrange, and of what they broadcast. Default 64 KiB.
    public var signalBytes = 65_536
    /// Of manifests and pieces of files. Default 1 MiB.
    public var fileBytes = 1_048_576
    /// On the session's root topic. Of more the oldest go. Default 10,000, at least 1.
    public var keptMessages = 10_000
    /// On each other topic of the session. Default 1,000, at least 1.
    public var hotMessages = 1_000
    /// Of all of a session's messages that come to one relay in 30 s, bytes. Default 256 MiB.
    public var sessionBytes = 256 << 20
    /// Of one peer's. Default 128 MiB: a socket that says as much as it may all the time says less.
    public var peerBytes = 128 << 20

    public init() {}
}

/// What a peer needs in order to publish a message, and who gets it.
struct SessionMessageRule: Hashable {
    /// Who gets what names nobody. What names a peer goes to that peer alone, whatever the rule.
    enum Reach: Hashable {
        case everyone
        case others
        case host
        /// It has to name a peer.
        case named
    }

    var needs: SessionCapabilities
    var reach: Reach
    var bytes: any KeyPath<SessionMessageLimits, Int> & Sendable

    /// - Parameter type: nil for a message without one.
    /// - Returns: nil for what peers do not publish there.
    static func of(_ type: String?, on family: SessionTopicFamily) -> SessionMessageRule? {
        guard !Self.relaysOwn.contains(type ?? "") else { return nil }
        switch family {
        case .root:
            let isChat = type == "chat_message" || type == "chat"
            return isChat ? Self(.read, .everyone, \.chatBytes) : Self(.edit, .everyone, \.signalBytes)
        case .presence:
            return Self(.read, .everyone, \.chatBytes)
        case .signal:
            return Self.signals[type ?? ""] ?? Self(.edit, .others, \.signalBytes)
        case .punch:
            return Self.punches[type ?? ""]
        case .files:
            return Self.fileMessages[type ?? ""] ?? Self(.edit, .others, \.fileBytes)
        case .tunnel:
            return Self(.read, .named, \.signalBytes)
        }
    }

    private init(
        _ needs: SessionCapabilities,
        _ reach: Reach,
        _ bytes: any KeyPath<SessionMessageLimits, Int> & Sendable
    ) {
        self.needs = needs
        self.reach = reach
        self.bytes = bytes
    }

    /// Types that nobody but the relay writes, on any of the topics.
    static let relaysOwn: Set<String> = [
        "connection_replaced", "error", "gap", "host_changed", "invite_created", "invite_revoked", "joined", "kicked",
        "lock_denied", "lock_granted", "lock_released", "peer_away", "peer_joined", "peer_left", "peer_returned",
        "permission_denied", "permission_granted", "pong", "punch_coord", "role_changed", "server_draining",
        "session_created", "session_extended", "session_state", "ticket_renewed", "tunnel_accepted", "tunnel_closed",
        "tunnel_requested",
    ]

    private static let signals: [String: Self] = {
        let toNamed = Self(.read, .named, \.signalBytes)
        let toOthers = Self(.read, .others, \.signalBytes)
        return [
            "offer": toNamed, "answer": toNamed,
            "candidate": toOthers, "end_of_candidates": toOthers,
            "p2p_connection_request": toOthers, "p2p_connection_response": toOthers,
            "p2_p_connection_request": toOthers, "p2_p_connection_response": toOthers,
            "request_binary_proxy": toOthers, "binary_proxy_accepted": toOthers, "binary_proxy_rejected": toOthers,
            "binary_proxy_ack": toOthers, "binary_proxy_closed": toOthers, "binary_proxy_data": toOthers,
        ]
    }()

    /// They are for the other peer and for the relay.
    private static let punches: [String: Self] = {
        let toNamed = Self(.read, .named, \.signalBytes)
        return [PunchRequest.type: toNamed, PunchResult.type: toNamed, PathReport.type: toNamed]
    }()

    /// Requests go to the host. Pieces go to who asked for them, and so name a peer.
    private static let fileMessages: [String: Self] = {
        let request = Self(.read, .host, \.signalBytes)
        let piece = Self(.edit, .named, \.fileBytes)
        return [
            "request_file_manifest": request, "request_files": request, "request_file": request,
            "request_project_tree": request, "request_git_objects": request,
            "files_chunk": piece, "file_chunk": piece, "git_objects_chunk": piece,
            "file_changed": Self(.edit, .everyone, \.signalBytes),
        ]
    }()
}
