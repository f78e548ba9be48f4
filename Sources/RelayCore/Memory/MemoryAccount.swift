/// For what the process holds a client's bytes.
public enum MemoryAccount: Int, Hashable, Sendable, CaseIterable {
    /// Newest messages of the topics in use. A cache: it is never refused bytes, but gives back.
    case hotTier
    /// What readers hold beside the stream: the beginnings of frames, positions in many topics.
    case readers
    /// Drafts that wait for the store.
    case waiting
    /// Bodies of requests with a valid token, while they are received or worked on.
    case requests
    /// Answers that are made and that their peers have not taken yet.
    case answers
    /// Documents that are edited here, merged.
    case documents
    /// Who is on topics: the members of this relay, and what its loops know of all.
    case presence
    /// Whatever connections have sent that have not shown a valid token yet.
    case strangers
    /// Spans and log records that wait for a collector.
    case telemetry

    /// How metrics name it.
    public var label: String {
        switch self {
        case .hotTier: "hot_tier"
        case .readers: "readers"
        case .waiting: "waiting"
        case .requests: "requests"
        case .answers: "answers"
        case .documents: "documents"
        case .presence: "presence"
        case .strangers: "strangers"
        case .telemetry: "telemetry"
        }
    }
}
