import NIOCore

extension RequestReader {
    /// An object whose values are all strings, its bytes copied as they are. Names have no control characters, values no NUL: programs
    /// put them into headers, columns and C strings.
    mutating func textObject(_ bytes: Span<UInt8>, _ value: JSONValue, at field: String) throws(JSONError)
        -> ByteBuffer?
    {
        guard value.kind == .object else {
            self.add(bytes, .object, at: FieldPlace(field: field), input: value.range)
            return nil
        }
        let before = self.issues.count
        var walk = JSONPlace(offset: value.range.lowerBound)
        try walk.enterObject(bytes)
        while let name = try walk.nextMember(bytes) {
            let member = try walk.value(bytes)
            guard let problem = self.problem(bytes, name: name, value: member) else { continue }
            let place = FieldPlace(field: field, entry: .name(self.shown(bytes, name)))
            self.add(bytes, problem, at: place, input: member.range)
        }
        return self.issues.count == before ? bytes.copy(value.range) : nil
    }

    private func problem(_ bytes: Span<UInt8>, name: JSONValue, value: JSONValue) -> FieldProblem? {
        guard value.kind == .string else { return .string }
        if let text = bytes.text(of: name), text.utf8.contains(where: Self.isControl) { return .controlInName }
        // Only an escape makes a NUL.
        if value.hasEscapes, let text = bytes.text(of: value), text.utf8.contains(0) { return .nul }
        return nil
    }

    static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// A list of 1 to `limit` topic names; in the result each name comes once, at its first place.
    ///
    /// - Parameter skipsIllegal: leaves out what can't be a topic's name instead of adding an issue.
    mutating func topics(
        _ bytes: Span<UInt8>,
        _ value: JSONValue,
        limit: Int,
        skipsIllegal: Bool = false
    ) throws(JSONError) -> [String]? {
        guard value.kind == .array else {
            self.add(bytes, .list, at: "topics", input: value.range)
            return nil
        }
        var topics: [String] = []
        var known: Set<String> = []
        var count = 0
        var walk = JSONPlace(offset: value.range.lowerBound)
        try walk.enterArray(bytes)
        while try walk.nextElement(bytes) {
            let element = try walk.value(bytes)
            count += 1
            guard count <= limit else { continue }
            if skipsIllegal, let text = bytes.text(of: element), !TopicNaming.paths.allows(text) { continue }
            let place = FieldPlace(field: "topics", entry: .index(count - 1))
            guard let topic = self.topic(bytes, element, at: place) else { continue }
            if known.insert(topic).inserted { topics.append(topic) }
        }
        if count == 0 { self.add(bytes, .shortList(count), at: "topics", input: value.range) }
        if count > limit { self.add(bytes, .longList(count, limit: limit), at: "topics", input: value.range) }
        return topics
    }

    /// An object from topic to message id. Entries for topics not in `topics` are checked, but not kept, so that
    /// memory is bounded by the topics however many entries there are. Null and absent mean none.
    mutating func cursors(
        _ bytes: Span<UInt8>,
        _ slot: JSONValue?,
        at field: String,
        for topics: [String]
    ) throws(JSONError) -> [String: String] {
        guard let value = slot, value.kind != .null else { return [:] }
        guard value.kind == .object else {
            self.add(bytes, .object, at: FieldPlace(field: field), input: value.range)
            return [:]
        }
        let known = Set(topics)
        var cursors: [String: String] = [:]
        var walk = JSONPlace(offset: value.range.lowerBound)
        try walk.enterObject(bytes)
        while let name = try walk.nextMember(bytes) {
            let member = try walk.value(bytes)
            guard member.kind == .string else {
                let place = FieldPlace(field: field, entry: .name(self.shown(bytes, name)))
                self.add(bytes, .string, at: place, input: member.range)
                continue
            }
            // Topics' names are ASCII, and texts that Swift takes for equal to such may be none.
            guard name.contents.count <= Self.maximumTopicSize, let topic = bytes.text(of: name),
                topic.utf8.allSatisfy({ $0 < 0x80 }), known.contains(topic)
            else { continue }
            cursors[topic] = self.text(bytes, member, at: FieldPlace(field: field, entry: .name(topic)))
        }
        return cursors
    }

    /// An object from topic to a cursor, or null, for at most `limit` topics. Null and absent mean none.
    mutating func presence(
        _ bytes: Span<UInt8>,
        _ slot: JSONValue?,
        limit: Int
    ) throws(JSONError) -> [PollRequest.Presence]? {
        guard let value = slot, value.kind != .null else { return nil }
        guard value.kind == .object else {
            self.add(bytes, .object, at: "presence", input: value.range)
            return []
        }
        var wanted: [PollRequest.Presence] = []
        var known: Set<String> = []
        var count = 0
        var walk = JSONPlace(offset: value.range.lowerBound)
        try walk.enterObject(bytes)
        while let name = try walk.nextMember(bytes) {
            let member = try walk.value(bytes)
            count += 1
            guard count <= limit else { continue }
            let place = FieldPlace(field: "presence", entry: .name(self.shown(bytes, name)))
            guard let topic = self.topic(bytes, name, at: place) else { continue }
            let cursor = member.kind == .null ? nil : self.text(bytes, member, at: place)
            if known.insert(topic).inserted {
                wanted.append(PollRequest.Presence(topic: topic, cursor: cursor))
            } else {
                self.add(bytes, .duplicate, at: place, input: member.range)
            }
        }
        if count > limit { self.add(bytes, .longList(count, limit: limit), at: "presence", input: value.range) }
        return count > 0 ? wanted : nil
    }

    /// A legal name's bytes even if every one is an escape of six.
    private static let maximumTopicSize = 6 * TopicNaming.maximumPathLength

    /// A member's name in an issue's location, cut to a sane length.
    private func shown(_ bytes: Span<UInt8>, _ name: JSONValue) -> String {
        guard name.contents.count <= ValidationIssue.maximumInputSize else { return "..." }
        return bytes.text(of: name) ?? "..."
    }
}
