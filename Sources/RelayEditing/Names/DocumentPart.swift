/// The topics that a document has. Whoever reads several of them joins them in this order, so that a reader's tag is the raw value.
public enum DocumentPart: Int, CaseIterable, Sendable {
    /// Its updates.
    case updates
    /// What people show of themselves in it.
    case awareness
    /// What people's applications tell each other beside it.
    case stateless

    /// - Parameter ending: what stands behind the document's own path in the topic's name.
    init?(ending: String) {
        guard let part = Self.allCases.first(where: { $0.ending == ending }) else { return nil }
        self = part
    }

    var ending: String {
        switch self {
        case .updates: ""
        case .awareness: "/awareness"
        case .stateless: "/stateless"
        }
    }
}
