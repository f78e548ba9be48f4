// XML as Yjs' `toString()` writes it, where nothing is escaped.

extension ContentWriter {
    /// A fragment, an element or an XML text; nothing of other types.
    mutating func writeXML(_ type: Int32, depth: Int) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        let kind = self.graph.types[Int(type)].kind
        switch kind {
        case .text, .xmlText: try self.writeXMLText(type)
        case .element, .fragment, .root:
            let name = kind == .element ? self.elementName(type) : []
            if kind == .element { try self.writeStart(of: type, name) }
            try self.writeChildren(of: type, depth: depth)
            if kind == .element {
                self.write("</")
                self.output.append(contentsOf: name)
                self.write(">")
            }
        case .array, .map, .hook, .other: return
        }
        try self.checkSize()
    }

    mutating func writeXMLJSON(_ type: Int32, depth: Int) throws(DocumentError) {
        var xml = ContentWriter(self.graph, maxBytes: self.maxBytes)
        try xml.writeXML(type, depth: depth)
        self.writeString(xml.output)
        try self.checkSize()
    }

    private mutating func writeChildren(of type: Int32, depth: Int) throws(DocumentError) {
        var place = Int(self.graph.types[Int(type)].start)
        while place >= 0 {
            let item = self.graph.items[place]
            if item.isVisible, item.kind == StructInfo.type { try self.writeXML(item.type, depth: depth + 1) }
            place = Int(item.right)
        }
    }

    // MARK: Elements

    private func elementName(_ type: Int32) -> [UInt8] {
        var offset = Int(self.graph.items[Int(self.graph.types[Int(type)].item)].offset)
        let bytes = self.graph.bytes.span
        guard (try? bytes.uint(at: &offset)) != nil, let name = try? bytes.block(at: &offset) else { return [] }
        return Array(String(decoding: bytes.copy(name), as: UTF8.self).lowercased().utf8)
    }

    private mutating func writeStart(of type: Int32, _ name: [UInt8]) throws(DocumentError) {
        self.write("<")
        self.output.append(contentsOf: name)
        for attribute in self.graph.visibleEntries(of: self.graph.types[Int(type)]) {
            self.write(" ")
            self.output.append(contentsOf: attribute.key)
            self.write("=\"")
            try self.writeAttribute(self.graph.items[attribute.item])
            self.write("\"")
        }
        self.write(">")
    }

    /// A string as it is, anything else as JSON.
    private mutating func writeAttribute(_ item: ContentItem) throws(DocumentError) {
        let source = self.graph.bytes
        let bytes = source.span
        var offset = Int(item.offset)
        guard item.kind == StructInfo.values, item.length == 1 else { return }
        if bytes[offset] == ValueTag.text {
            offset += 1
            self.output.append(bytes, try bytes.block(at: &offset))
        } else {
            try ValueJSON.write(bytes, &offset, to: &self.output)
        }
    }

    // MARK: Texts

    /// Text inside an element for each mark that it has, these by name.
    private mutating func writeXMLText(_ type: Int32) throws(DocumentError) {
        var marks = XMLMarks()
        var run: [UInt8] = []
        var place = Int(self.graph.types[Int(type)].start)
        while place >= 0 {
            let item = self.graph.items[place]
            if item.isVisible {
                switch item.kind {
                case StructInfo.text: item.content.write(self.graph.bytes.span, into: &run)
                case StructInfo.format, StructInfo.embed, StructInfo.type:
                    try self.writeRun(&run, marks)
                    if item.kind == StructInfo.format { try marks.apply(item, self.graph.bytes.span) }
                default: break
                }
            }
            place = Int(item.right)
        }
        try self.writeRun(&run, marks)
    }

    private mutating func writeRun(_ run: inout [UInt8], _ marks: XMLMarks) throws(DocumentError) {
        guard !run.isEmpty else { return }
        let sorted = marks.attributes.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for mark in sorted {
            self.write("<")
            self.output.append(contentsOf: mark.key)
            self.output.append(contentsOf: mark.value)
            self.write(">")
        }
        self.output.append(contentsOf: run)
        for mark in sorted.reversed() {
            self.write("</")
            self.output.append(contentsOf: mark.key)
            self.write(">")
        }
        run.removeAll(keepingCapacity: true)
        try self.checkSize()
    }
}

/// The formatting at a place of a text.
private struct XMLMarks {
    /// By name, what stands behind the name in the start of the element.
    var attributes: [[UInt8]: [UInt8]] = [:]

    /// Takes a mark, which begins a format, changes it or, with null, ends it.
    mutating func apply(_ item: ContentItem, _ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = Int(item.offset)
        let name = bytes.copy(try bytes.block(at: &offset))
        let value = try bytes.block(at: &offset)
        self.attributes[name] = JSONCheck.isNull(bytes, value) ? nil : try Self.text(of: bytes, value)
    }

    /// The members of an object as attributes; nothing for anything else.
    private static func text(of bytes: Span<UInt8>, _ json: Range<Int>) throws(DocumentError) -> [UInt8] {
        var encoded: [UInt8] = []
        ValueJSON.append(json: bytes, json, to: &encoded)
        let value = encoded.span
        guard encoded.first == ValueTag.object else { return [] }
        var offset = 1
        var members: [(name: [UInt8], value: [UInt8])] = []
        for _ in 0..<(try value.uint(at: &offset)) {
            let name = value.copy(try value.block(at: &offset))
            var text: [UInt8] = []
            if value[offset] == ValueTag.text {
                offset += 1
                text = value.copy(try value.block(at: &offset))
            } else {
                try ValueJSON.write(value, &offset, to: &text)
            }
            members.append((name, text))
        }
        members.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return members.flatMap { member in
            Array(" ".utf8) + member.name + Array("=\"".utf8) + member.value + Array("\"".utf8)
        }
    }
}
