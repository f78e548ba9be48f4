/// Whose entries a list has. For others' than the caller's the relay wants an administrator, and answers 403 to who is none.
public enum ListedOwner: Sendable, Hashable {
    case caller
    /// A user's, by its id.
    case user(String)
    case everybody

    var query: [(String, String)] {
        switch self {
        case .caller: []
        case .user(let id): [("user_id", id)]
        case .everybody: [("all", "true")]
        }
    }
}
