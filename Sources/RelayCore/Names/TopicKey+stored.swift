extension TopicKey {
    /// Reads what ``TopicKey/description`` gave: a namespace has no slash, and no name begins with `@`.
    package init(storedText text: String) {
        guard text.utf8.first == UInt8(ascii: "@"), let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            self.init(name: TopicName(path: text))
            return
        }
        let namespace = text[text.utf8.index(after: text.utf8.startIndex)..<slash]
        let name = text[text.utf8.index(after: slash)...]
        self.init(name: TopicName(path: String(name)), namespace: UserID(String(namespace)))
    }
}
