/// The members of a JSON object, in the order in which they were written.
public struct JSONObject: Sendable, Hashable {
    public struct Member: Sendable, Hashable {
        public let key: String
        public let value: JSONDocument

        public init(key: String, value: JSONDocument) {
            self.key = key
            self.value = value
        }
    }

    /// A key may occur more than once, as JSON allows; the last one counts.
    public private(set) var members: [Member]

    public init(members: [Member] = []) {
        self.members = members
    }

    public init(_ pairs: [(String, JSONDocument)]) {
        self.members = pairs.map { Member(key: $0.0, value: $0.1) }
    }

    /// Texts by key, sorted by key so that equal dictionaries give equal bytes.
    public init(_ texts: [String: String]) {
        self.init(texts.sorted { $0.key < $1.key }.map { ($0.key, JSONDocument.string($0.value)) })
    }

    public subscript(key: String) -> JSONDocument? {
        self.members.last { $0.key == key }?.value
    }

    public mutating func append(_ key: String, _ value: JSONDocument) {
        self.members.append(Member(key: key, value: value))
    }
}
