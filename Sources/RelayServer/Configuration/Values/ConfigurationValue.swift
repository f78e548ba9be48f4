/// A value as a source wrote it.
enum ConfigurationValue: Hashable, Sendable {
    case text(String)
    case list([String])
    /// A time, as a file's object of seconds and nanoseconds.
    case span(Duration)

    /// A text that says something; nil for an empty one, which sets nothing: `${NAME:-}` in a compose file leaves one, and so does
    /// `password: ""` in a file.
    init?(nonempty text: String) {
        guard !text.isEmpty else { return nil }
        self = .text(text)
    }

    /// Whether it says nothing.
    var isEmpty: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .list(let list): list.isEmpty
        case .span: false
        }
    }

    /// At most 80 characters, control characters escaped.
    var forPeople: String {
        switch self {
        case .text(let text): String(text.prefix(80)).debugDescription
        case .list(let texts): String(texts.description.prefix(80))
        case .span(let span): "\(span)"
        }
    }
}

/// A value that a key doesn't take. It holds no part of the value, which may be a secret.
struct ValueRejection: Error, Hashable {
    /// Why, where what is expected does not say it.
    var reason: String?
}
