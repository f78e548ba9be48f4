import NIOCore

extension RequestReader {
    mutating func text(_ value: JSONValue, at place: FieldPlace) -> String? {
        guard value.kind == .string else {
            self.add(.string, at: place, input: value.range)
            return nil
        }
        guard let text = self.scanner.text(of: value) else {
            self.add(.unicode, at: place, input: value.range)
            return nil
        }
        return text
    }

    /// Text of 1 to `limit` characters (Unicode scalars).
    mutating func text(_ value: JSONValue, at place: FieldPlace, upTo limit: Int) -> String? {
        guard let text = self.text(value, at: place) else { return nil }
        guard !text.isEmpty else {
            self.add(.shortText(1), at: place, input: value.range)
            return nil
        }
        guard text.utf8.count <= limit || text.unicodeScalars.count <= limit else {
            self.add(.longText(limit), at: place, input: value.range)
            return nil
        }
        return text
    }

    /// A topic's name. The rule is checked on the bytes, before they are made a string.
    mutating func topic(_ value: JSONValue, at place: FieldPlace, _ naming: TopicNaming) -> String? {
        if value.kind == .string, !value.hasEscapes, self.scanner.isTopic(value, naming) {
            return self.scanner.string(value.contents)
        }
        guard let text = self.text(value, at: place) else { return nil }
        if naming.allows(text) { return text }
        self.add(self.problem(withTopicOf: text.utf8.count), at: place, input: value.range)
        return nil
    }

    private func problem(withTopicOf length: Int) -> Problem {
        switch length {
        case 0: .shortText(1)
        case ...TopicNaming.maximumLength: .topicName
        default: .longText(TopicNaming.maximumLength)
        }
    }

    /// How a client calls its request: a string or an integer, kept as it was sent.
    mutating func requestID(_ value: JSONValue) -> ByteBuffer? {
        let isWhole = value.kind == .number && self.isWholeNumeral(value.range)
        guard value.kind == .string || isWhole else {
            self.add(.requestID, at: "id", input: value.range)
            return nil
        }
        guard value.range.count <= ClientFrame.maximumRequestIDSize else {
            self.add(.longText(ClientFrame.maximumRequestIDSize), at: "id")
            return nil
        }
        return self.scanner.copy(value.range)
    }

    /// Whether a number is written without a fraction or an exponent.
    private func isWholeNumeral(_ range: Range<Int>) -> Bool {
        let bytes = self.scanner.buffer.readableBytesUInt8Span
        for offset in range where bytes[offset] == UInt8(ascii: ".") || bytes[offset] | 0x20 == UInt8(ascii: "e") {
            return false
        }
        return true
    }
}
