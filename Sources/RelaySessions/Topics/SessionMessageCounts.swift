import Synchronization

/// What peers say on sessions' topics, counted by what it is for. By whichever way it comes, it passes here.
public final class SessionMessageCounts: Sendable {
    /// As the reference's metric labels it.
    public enum Kind: Int, Sendable, CaseIterable {
        /// Every message, whatever else it counts as.
        case received
        case chat
        case forwardedToHost
        case fileManifest
        case filesChunk
        case fileChunk
        case fileChanged
        case projectTree
        case connectionRequest
        case connectionResponse
        case proxyRequest
        case proxyData
        case punch
        case presence
        /// Refused, since its session or its sender has as many bytes as may be.
        case overBytes
        case other

        public var label: String {
            switch self {
            case .received: "received"
            case .chat: "chat"
            case .forwardedToHost: "forwarded_to_host"
            case .fileManifest: "file_manifest"
            case .filesChunk: "files_chunk"
            case .fileChunk: "file_chunk"
            case .fileChanged: "file_changed"
            case .projectTree: "project_tree"
            case .connectionRequest: "p2p_request"
            case .connectionResponse: "p2p_response"
            case .proxyRequest: "binary_proxy_request"
            case .proxyData: "binary_proxy_data"
            case .punch: "punch"
            case .presence: "presence"
            case .overBytes: "over_bytes"
            case .other: "other"
            }
        }
    }

    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    private let counts = Kind.allCases.map { _ in Count() }

    public init() {}

    public subscript(kind: Kind) -> Int { self.counts[kind.rawValue].value.load(ordering: .relaxed) }

    func count(_ type: String?, on family: SessionTopicFamily) {
        self.add(.received)
        self.add(Self.kind(of: type ?? "", on: family))
    }

    func refusedForBytes() { self.add(.overBytes) }

    private func add(_ kind: Kind) { self.counts[kind.rawValue].value.wrappingAdd(1, ordering: .relaxed) }

    private static func kind(of type: String, on family: SessionTopicFamily) -> Kind {
        switch family {
        case .punch: .punch
        case .presence: .presence
        case .root: type == "chat_message" || type == "chat" ? .chat : .other
        case .signal, .files, .tunnel: Self.kinds[type] ?? .other
        }
    }

    private static let kinds: [String: Kind] = [
        "request_file_manifest": .forwardedToHost, "request_files": .forwardedToHost,
        "request_project_tree": .forwardedToHost, "request_file": .forwardedToHost,
        "request_git_objects": .forwardedToHost, "file_manifest": .fileManifest, "files_chunk": .filesChunk,
        "git_objects_chunk": .filesChunk, "file_chunk": .fileChunk, "file_changed": .fileChanged,
        "project_tree_response": .projectTree, "p2p_connection_request": .connectionRequest,
        "p2_p_connection_request": .connectionRequest, "p2p_connection_response": .connectionResponse,
        "p2_p_connection_response": .connectionResponse, "request_binary_proxy": .proxyRequest,
        "binary_proxy_data": .proxyData,
    ]
}
