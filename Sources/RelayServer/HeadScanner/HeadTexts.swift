/// The texts of one event loop's recent request heads, so that a text that comes again is not made again.
///
/// A client sends the same token and the same content type with every request. Bounded: each text has one place, which a
/// later one may take from it. Lives on its loop.
final class HeadTexts {
    /// A power of two.
    private static let places = 1_024
    /// Longer texts are made anew each time.
    private static let maxBytes = 1_024
    /// What a string holds in itself, with no memory to share.
    private static let smallBytes = 15

    private var texts = [String](repeating: "", count: HeadTexts.places)
    private var heads = [KnownHead?](repeating: nil, count: HeadTexts.places)

    /// The head with this digest, where these bytes begin with it.
    func head(_ digest: Int, beginning bytes: Span<UInt8>) -> KnownHead? {
        guard let head = self.heads[digest & (Self.places - 1)], bytes.begins(with: head.bytes) else { return nil }
        return head
    }

    /// Whether a head of this size may be kept.
    func keeps(_ size: Int) -> Bool { size <= Self.maxBytes }

    func keep(_ head: KnownHead, _ digest: Int) { self.heads[digest & (Self.places - 1)] = head }

    /// - Parameter range: of ASCII.
    func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        guard range.count > Self.smallBytes, range.count <= Self.maxBytes else { return bytes.string(range) }
        let place = bytes.digest(range) & (Self.places - 1)
        if bytes.holds(self.texts[place], in: range) { return self.texts[place] }
        let text = bytes.string(range)
        self.texts[place] = text
        return text
    }
}
