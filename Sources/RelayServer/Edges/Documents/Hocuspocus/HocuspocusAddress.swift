/// What a client of Hocuspocus calls a document on its WebSocket: the document's name, which NUL and the number of a session may follow. Compared by
/// bytes, as documents' names are: texts that look alike are two.
struct HocuspocusAddress: Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    var name: String { String(self.text.prefix { $0 != "\0" }) }
    var bytes: [UInt8] { Array(self.text.utf8) }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        for byte in self.text.utf8 { hasher.combine(byte) }
    }
}
