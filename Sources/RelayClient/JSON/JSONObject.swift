/// The members of a JSON object, in the order in which they were written.
public struct JSONObject: Sendable, Hashable {
    /// A key and its value.
    public struct Member: Sendable, Hashable {
        /// Any text.
        public let key: String
        /// What the key stands for.
        public let value: JSONDocument

        /// A member of an object.
        public init(key: String, value: JSONDocument) {
            self.key = key
            self.value = value
        }
    }

    /// A key may occur more than once, as JSON allows; the last one counts.
    public private(set) var members: [Member]

    /// An object of these members, in their order.
    public init(members: [Member] = []) {
        self.members = members
    }

    /// An object of these keys and values, in their order.
    public init(_ pairs: [(String, JSONDocument)]) {
        self.members = pairs.map { Member(key: $0.0, value: $0.1) }
    }

    /// Texts by key, sorted by key so that equal dictionaries give equal bytes.
    public init(_ texts: [String: String]) {
        self.init(texts.sorted { $0.key < $1.key }.map { ($0.key, JSONDocument.string($0.value)) })
    }

    /// The value of a key, the last one where it occurs more than once; nil where it doesn't.
    public subscript(key: String) -> JSONDocument? {
        self.members.last { $0.key == key }?.value
    }

    /// Adds a member at the end, even where the key is there already.
    public mutating func append(_ key: String, _ value: JSONDocument) {
        self.members.append(Member(key: key, value: value))
    }
}
