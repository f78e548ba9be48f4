/// A path of the relay's own, to which a browser may be sent: nothing that any browser could take for another host's address.
struct LocalPath: Hashable, Sendable {
    static let maximumLength = 1_024

    /// With its query. Begins with one slash.
    let text: String

    /// - Returns: nil for what is none: an address, `//host`, a backslash (which browsers read as a slash), blanks and control characters (which
    ///   they leave out), a fragment, and anything that is not ASCII.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...Self.maximumLength).contains(bytes.count), bytes[0] == UInt8(ascii: "/"),
            bytes.count == 1 || bytes[1] != UInt8(ascii: "/"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#") })
        else { return nil }
        self.text = text
    }
}
