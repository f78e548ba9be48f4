extension ValueFormat<String> {
    /// The path of a URL, of 2 to 255 bytes: it begins with a slash, and is printable ASCII without blanks, `?`, `#` and `%`.
    static var path: ValueFormat {
        .text(expected: "a path, like /ws") { text in
            self.isPath(text) ? text : nil
        } show: {
            $0
        }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && (2...255).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"?#%".utf8.contains($0) }
    }
}
