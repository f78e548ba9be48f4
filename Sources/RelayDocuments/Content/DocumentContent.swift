/// What a document says: its texts, lists and maps, as Yjs would show them.
///
/// Made whole of one update when somebody asks, and forgotten afterwards: a server that only passes updates on needs none. Structs that need
/// others that the update has not are left out, as Yjs leaves them out until those come.
public struct DocumentContent: Sendable {
    let graph: ContentGraph
    let limits: ContentLimits

    /// Takes time and memory in proportion to the update, n log n where clients write in between each other.
    ///
    /// - Throws: `tooLarge` beyond the limits. Never anything else.
    public init(_ update: Update, limits: ContentLimits = ContentLimits()) throws(DocumentError) {
        self.graph = try ContentGraph.integrated(update, cuts: StructCuts([update]), limits: limits)
        self.limits = limits
    }

    /// Of which clients something was left out, with the first clock that was: what it needs did not come.
    public var leftOut: [UInt64: UInt32] {
        var clocks: [UInt64: UInt32] = [:]
        for (row, next) in self.graph.next.enumerated() where next < self.graph.starts[row + 1] {
            clocks[self.graph.clients[row]] = self.graph.items[next].clock
        }
        return clocks
    }

    // MARK: Roots

    /// The root types that ever had something in them, by name.
    public var roots: [DocumentRoot] {
        self.graph.roots.sorted { $0.key.lexicographicallyPrecedes($1.key) }.compactMap { self.root($0.key, $0.value) }
    }

    /// - Returns: nil if it never had anything.
    public func root(_ name: String) -> DocumentRoot? {
        let name = Array(name.utf8)
        return self.graph.roots[name].flatMap { self.root(name, $0) }
    }

    private func root(_ name: [UInt8], _ type: Int32) -> DocumentRoot? {
        let root = self.graph.types[Int(type)]
        guard root.start >= 0 || root.firstEntry >= 0 else { return nil }
        var found = DocumentRoot(name: String(decoding: name, as: UTF8.self), type: type)
        found.hasEntries = !self.graph.visibleEntries(of: root).isEmpty
        self.graph.forEachVisible(in: root) { item in
            switch item.kind {
            case StructInfo.text: found.hasText = true
            case StructInfo.embed, StructInfo.format: found.hasMarks = true
            case StructInfo.type where self.graph.types[Int(item.type)].kind.isXML: found.hasXML = true
            default: found.hasElements = true
            }
        }
        return found
    }

    // MARK: Answers

    /// A root's text, as Yjs' `Y.Text.toString()` gives it: what was typed, without marks, embeds and other values.
    ///
    /// - Returns: UTF-8; nothing if there is no such root.
    /// - Throws: `tooLarge` beyond ``ContentLimits/maxBytes``.
    public func text(of root: String) throws(DocumentError) -> [UInt8] {
        var writer = ContentWriter(self.graph, maxBytes: self.limits.maxBytes)
        if let type = self.graph.roots[Array(root.utf8)] { try writer.writeText(type) }
        return writer.output
    }

    /// A root as JSON, as Yjs' `toJSON()` gives it.
    ///
    /// Keys of maps are sorted by their UTF-8. Bytes become an object with places as keys, what JSON has not becomes null, and a
    /// subdocument `{}`.
    ///
    /// - Parameters:
    ///   - root: nothing is there if it never had anything: `""`, `[]` or `{}`.
    ///   - shape: what the root is; nil: what it seems to be, see ``DocumentRoot/shape``.
    /// - Returns: UTF-8.
    /// - Throws: `tooLarge` beyond ``ContentLimits/maxBytes``; `nestingTooDeep` where types lie deeper in each other than
    ///   ``DocumentLimits/maxNesting``.
    public func json(of root: String, as shape: DocumentRoot.Shape? = nil) throws(DocumentError) -> [UInt8] {
        let shape = shape ?? self.root(root)?.shape ?? .map
        var writer = ContentWriter(self.graph, maxBytes: self.limits.maxBytes)
        try writer.writeJSON(self.graph.roots[Array(root.utf8)], as: shape)
        return writer.output
    }

    /// All roots as one JSON object, each as what it seems to be.
    ///
    /// - Throws: as ``json(of:as:)``.
    public func json() throws(DocumentError) -> [UInt8] {
        var writer = ContentWriter(self.graph, maxBytes: self.limits.maxBytes)
        writer.output.append(UInt8(ascii: "{"))
        for (index, root) in self.roots.enumerated() {
            if index > 0 { writer.output.append(UInt8(ascii: ",")) }
            writer.writeString(Array(root.name.utf8))
            writer.output.append(UInt8(ascii: ":"))
            try writer.writeJSON(root.type, as: root.shape)
        }
        writer.output.append(UInt8(ascii: "}"))
        return writer.output
    }

    /// A root's XML, as Yjs' `toString()` of a fragment gives it: nothing in texts or attributes is escaped.
    ///
    /// - Returns: UTF-8; nothing if there is no such root.
    /// - Throws: as ``json(of:as:)``.
    public func xml(of root: String) throws(DocumentError) -> [UInt8] {
        var writer = ContentWriter(self.graph, maxBytes: self.limits.maxBytes)
        if let type = self.graph.roots[Array(root.utf8)] { try writer.writeXML(type, depth: 0) }
        return writer.output
    }
}
