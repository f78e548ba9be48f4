/// Writes what a document shows, as JSON or text.
struct ContentWriter {
    let graph: ContentGraph
    let maxBytes: Int
    /// UTF-8.
    var output: [UInt8] = []

    init(_ graph: ContentGraph, maxBytes: Int) {
        self.graph = graph
        self.maxBytes = maxBytes
    }

    func checkSize() throws(DocumentError) {
        guard self.output.count <= self.maxBytes else { throw .tooLarge }
    }

    /// Appends JSON's string of some UTF-8.
    mutating func writeString(_ text: [UInt8]) {
        self.output.append(UInt8(ascii: "\""))
        ValueJSON.escape(text.span, 0..<text.count, to: &self.output)
        self.output.append(UInt8(ascii: "\""))
    }

    mutating func write(_ text: StaticString) {
        self.output.append(contentsOf: text.description.utf8)
    }

    // MARK: Texts

    /// What was typed into a type, as it is.
    mutating func writeText(_ type: Int32) throws(DocumentError) {
        try self.forEachText(of: type) { (part, bytes, output) in part.write(bytes, into: &output) }
    }

    private mutating func writeTextJSON(_ type: Int32) throws(DocumentError) {
        self.output.append(UInt8(ascii: "\""))
        try self.forEachText(of: type) { (part, bytes, output) in
            if part.hasHalfInFront { output.append(contentsOf: TextPart.half) }
            ValueJSON.escape(bytes, part.bytes, to: &output)
            if part.hasHalfBehind { output.append(contentsOf: TextPart.half) }
        }
        self.output.append(UInt8(ascii: "\""))
    }

    private mutating func forEachText(
        of type: Int32,
        _ body: (TextPart, Span<UInt8>, inout [UInt8]) -> Void
    ) throws(DocumentError) {
        let bytes = self.graph.bytes
        var place = Int(self.graph.types[Int(type)].start)
        while place >= 0 {
            let item = self.graph.items[place]
            if item.isVisible, item.kind == StructInfo.text {
                body(item.content, bytes.span, &self.output)
                try self.checkSize()
            }
            place = Int(item.right)
        }
    }

    // MARK: JSON

    /// - Parameter type: nil: an empty one.
    mutating func writeJSON(_ type: Int32?, as shape: DocumentRoot.Shape) throws(DocumentError) {
        switch shape {
        case .text: if let type { try self.writeTextJSON(type) } else { self.write("\"\"") }
        case .array: if let type { try self.writeArray(type, depth: 0) } else { self.write("[]") }
        case .map: if let type { try self.writeMap(type, depth: 0) } else { self.write("{}") }
        case .xml: if let type { try self.writeXMLJSON(type, depth: 0) } else { self.write("\"\"") }
        }
    }

    private mutating func writeType(_ type: Int32, depth: Int) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        switch self.graph.types[Int(type)].kind {
        case .array: try self.writeArray(type, depth: depth)
        case .map, .hook: try self.writeMap(type, depth: depth)
        case .text: try self.writeTextJSON(type)
        case .element, .fragment, .xmlText: try self.writeXMLJSON(type, depth: depth)
        case .root, .other: self.write("null")
        }
    }

    private mutating func writeMap(_ type: Int32, depth: Int) throws(DocumentError) {
        self.output.append(UInt8(ascii: "{"))
        for (index, entry) in self.graph.visibleEntries(of: self.graph.types[Int(type)]).enumerated() {
            if index > 0 { self.output.append(UInt8(ascii: ",")) }
            self.writeString(entry.key)
            self.output.append(UInt8(ascii: ":"))
            try self.writeElements(of: self.graph.items[entry.item], lastOnly: true, depth: depth)
        }
        self.output.append(UInt8(ascii: "}"))
        try self.checkSize()
    }

    private mutating func writeArray(_ type: Int32, depth: Int) throws(DocumentError) {
        self.output.append(UInt8(ascii: "["))
        var isFirst = true
        var place = Int(self.graph.types[Int(type)].start)
        while place >= 0 {
            let item = self.graph.items[place]
            if item.isVisible, item.kind != StructInfo.format {
                if !isFirst { self.output.append(UInt8(ascii: ",")) }
                isFirst = false
                try self.writeElements(of: item, lastOnly: false, depth: depth)
            }
            place = Int(item.right)
        }
        self.output.append(UInt8(ascii: "]"))
        try self.checkSize()
    }

    /// The values of an item, with commas between them.
    ///
    /// - Parameter lastOnly: under a key only the last of several counts.
    private mutating func writeElements(of item: ContentItem, lastOnly: Bool, depth: Int) throws(DocumentError) {
        let bytes = self.graph.bytes
        var offset = Int(item.offset)
        switch item.kind {
        case StructInfo.values, StructInfo.json, StructInfo.text: try self.writeList(item, lastOnly: lastOnly)
        case StructInfo.type: try self.writeType(item.type, depth: depth + 1)
        case StructInfo.binary:
            ValueJSON.write(bytes: bytes.span, try bytes.span.block(at: &offset), to: &self.output)
        case StructInfo.embed: self.output.append(bytes.span, try bytes.span.block(at: &offset))
        case StructInfo.subdocument: self.write("{}")
        default: self.write("null")
        }
        try self.checkSize()
    }

    private mutating func writeList(_ item: ContentItem, lastOnly: Bool) throws(DocumentError) {
        let bytes = self.graph.bytes
        // A text that is read as a list has its characters as elements.
        var characters: [UInt8] = []
        if item.kind == StructInfo.text { item.content.write(bytes.span, into: &characters) }
        var offset = item.kind == StructInfo.text ? 0 : Int(item.offset)
        let end = item.kind == StructInfo.text ? characters.count : offset + Int(item.size)
        while offset < end {
            let start = self.output.count
            switch item.kind {
            case StructInfo.values: try ValueJSON.write(bytes.span, &offset, to: &self.output)
            case StructInfo.json: try self.writeValue(at: &offset)
            default: self.writeCharacter(of: characters, at: &offset)
            }
            guard offset < end else { return }
            try self.checkSize()
            if lastOnly { self.output.removeSubrange(start...) } else { self.output.append(UInt8(ascii: ",")) }
        }
    }

    private mutating func writeValue(at offset: inout Int) throws(DocumentError) {
        let bytes = self.graph.bytes
        let value = try bytes.span.block(at: &offset)
        guard !bytes.span.isSame(value, as: Span<UInt8>.undefined) else { return self.write("null") }
        self.output.append(bytes.span, value)
    }

    private mutating func writeCharacter(of text: [UInt8], at offset: inout Int) {
        let start = offset
        offset += 1
        while offset < text.count, text[offset] & 0xC0 == 0x80 { offset += 1 }
        self.output.append(UInt8(ascii: "\""))
        ValueJSON.escape(text.span, start..<offset, to: &self.output)
        self.output.append(UInt8(ascii: "\""))
    }
}
