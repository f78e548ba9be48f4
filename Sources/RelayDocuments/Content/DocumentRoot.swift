/// A type at the top of a document. What it is, a text, a list or a map, is nowhere written: clients know.
public struct DocumentRoot: Hashable, Sendable {
    /// What a root can be read as.
    public enum Shape: Hashable, Sendable {
        /// As `Y.Text`.
        case text
        /// As `Y.Array`.
        case array
        /// As `Y.Map`.
        case map
        /// As `Y.XmlFragment`.
        case xml
    }

    public let name: String
    /// Whether somebody typed into it and something of that is left.
    public internal(set) var hasText = false
    /// Whether it has embeds or formatting, as only texts have.
    public internal(set) var hasMarks = false
    /// Whether it has values or nested types in a list.
    public internal(set) var hasElements = false
    /// Whether it has XML elements or texts in a list.
    public internal(set) var hasXML = false
    /// Whether it has values under keys.
    public internal(set) var hasEntries = false
    let type: Int32

    init(name: String, type: Int32) {
        self.name = name
        self.type = type
    }

    /// What it seems to be, by what it has now: a text if somebody typed, else XML, else a list, else a map, which an empty one is, too.
    public var shape: Shape {
        if self.hasText || self.hasMarks { return .text }
        if self.hasXML { return .xml }
        return self.hasElements ? .array : .map
    }
}
