/// A spelling that sets several keys with one text. What it stands for is resolved as if each key had been written by itself.
struct JoinedKey: Sendable {
    let spellings: [String]
    /// What is accepted, as the end of "it must be …".
    let expected: String
    /// Key to its part of the text; nil where the text can't be taken apart.
    let parts: @Sendable (String) -> [(key: String, text: String)]?

    static let all: [JoinedKey] = [
        // The session service's way to say where it listens.
        JoinedKey(
            spellings: ["http_bind", "server.http_bind"],
            expected: "an address and a port, like 0.0.0.0:8080 or [::]:8080"
        ) { text in
            HostPort.split(text).map { [("host", $0.host), ("port", $0.port)] }
        }
    ]
}
