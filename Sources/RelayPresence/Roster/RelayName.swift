/// A relay, from its start to its end: drawn by chance when it starts.
struct RelayName: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }
}
