import NIOCore

extension RequestReader {
    /// An object whose values are all strings, its bytes copied as they are.
    mutating func textObject(_ value: JSONValue, at field: String) throws(JSONError) -> ByteBuffer? {
        guard value.kind == .object else {
            self.add(.object, at: FieldPlace(field: field), input: value.range)
            return nil
        }
        let before = self.issues.count
        var walk = self.scanner.at(value)
        try walk.enterObject()
        while let name = try walk.nextMember() {
            let member = try walk.value()
            guard member.kind != .string else { continue }
            let place = FieldPlace(field: field, entry: .name(self.shown(name)))
            self.add(.string, at: place, input: member.range)
        }
        return self.issues.count == before ? self.scanner.copy(value.range) : nil
    }

    /// A list of 1 to `limit` topic names; in the result each name comes once, at its first place.
    ///
    /// - Parameter skipsIllegal: leaves out what can't be a topic's name instead of adding an issue.
    mutating func topics(
        _ value: JSONValue,
        limit: Int,
        _ naming: TopicNaming,
        skipsIllegal: Bool = false
    ) throws(JSONError) -> [String]? {
        guard value.kind == .array else {
            self.add(.list, at: "topics", input: value.range)
            return nil
        }
        var topics: [String] = []
        var known: Set<String> = []
        var count = 0
        var walk = self.scanner.at(value)
        try walk.enterArray()
        while try walk.nextElement() {
            let element = try walk.value()
            count += 1
            guard count <= limit else { continue }
            if skipsIllegal, let text = self.scanner.text(of: element), !naming.allows(text) { continue }
            let place = FieldPlace(field: "topics", entry: .index(count - 1))
            guard let topic = self.topic(element, at: place, naming) else { continue }
            if known.insert(topic).inserted { topics.append(topic) }
        }
        if count == 0 { self.add(.shortList(count), at: "topics", input: value.range) }
        if count > limit { self.add(.longList(count, limit: limit), at: "topics", input: value.range) }
        return topics
    }

    /// An object from topic to message id. Entries for topics not in `topics` are checked, but not kept, so that
    /// memory is bounded by the topics however many entries there are. Null and absent mean none.
    mutating func cursors(
        _ slot: JSONValue?,
        at field: String,
        for topics: [String]
    ) throws(JSONError) -> [String: String] {
        guard let value = slot, value.kind != .null else { return [:] }
        guard value.kind == .object else {
            self.add(.object, at: FieldPlace(field: field), input: value.range)
            return [:]
        }
        let known = Set(topics)
        var cursors: [String: String] = [:]
        var walk = self.scanner.at(value)
        try walk.enterObject()
        while let name = try walk.nextMember() {
            let member = try walk.value()
            guard member.kind == .string else {
                let place = FieldPlace(field: field, entry: .name(self.shown(name)))
                self.add(.string, at: place, input: member.range)
                continue
            }
            guard name.contents.count <= Self.maximumTopicSize, let topic = self.scanner.text(of: name),
                known.contains(topic)
            else { continue }
            cursors[topic] = self.text(member, at: FieldPlace(field: field, entry: .name(topic)))
        }
        return cursors
    }

    /// A legal name's bytes even if every one is an escape of six.
    private static let maximumTopicSize = 6 * TopicNaming.maximumLength

    /// A member's name in an issue's location, cut to a sane length.
    private func shown(_ name: JSONValue) -> String {
        guard name.contents.count <= ValidationIssue.maximumInputSize else { return "..." }
        return self.scanner.text(of: name) ?? "..."
    }
}
