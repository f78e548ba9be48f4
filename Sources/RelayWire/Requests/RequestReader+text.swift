import NIOCore

extension RequestReader {
    mutating func text(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace) -> String? {
        guard value.kind == .string else {
            self.add(bytes, .string, at: place, input: value.range)
            return nil
        }
        guard let text = bytes.text(of: value) else {
            self.add(bytes, .unicode, at: place, input: value.range)
            return nil
        }
        return text
    }

    /// Text of 1 to `limit` characters (Unicode scalars).
    mutating func text(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace, upTo limit: Int) -> String? {
        guard let text = self.text(bytes, value, at: place) else { return nil }
        guard !text.isEmpty else {
            self.add(bytes, .shortText(1), at: place, input: value.range)
            return nil
        }
        guard text.utf8.count <= limit || text.unicodeScalars.count <= limit else {
            self.add(bytes, .longText(limit), at: place, input: value.range)
            return nil
        }
        return text
    }

    /// A topic's name. The rule is checked on the bytes, before they are made a string.
    mutating func topic(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace)
        -> String?
    {
        if value.kind == .string, !value.hasEscapes, bytes.isTopic(value) {
            return bytes.string(value.contents)
        }
        guard let text = self.text(bytes, value, at: place) else { return nil }
        if TopicNaming.paths.allows(text) { return text }
        self.add(bytes, self.problem(withTopic: text), at: place, input: value.range)
        return nil
    }

    private func problem(withTopic name: String) -> FieldProblem {
        let limit = TopicNaming.paths.maximumLength(of: name.utf8)
        return switch name.utf8.count {
        case 0: .shortText(1)
        case ...limit: .topicName
        default: .longText(limit)
        }
    }

    /// As which of its user's peers a client acts.
    mutating func clientID(_ bytes: Span<UInt8>, _ slot: JSONValue?) -> String? {
        guard let value = slot, value.kind != .null else { return nil }
        return self.text(bytes, value, at: "client_id", upTo: 255)
    }

    /// As which of its user's named readers a client reads.
    mutating func readerName(_ bytes: Span<UInt8>, _ slot: JSONValue?) -> String? {
        guard let value = slot, value.kind != .null else { return nil }
        guard let text = self.text(bytes, value, at: "reader", upTo: ReaderNaming.maximumLength) else { return nil }
        if ReaderNaming.allows(text) { return text }
        self.add(bytes, .readerName, at: "reader", input: value.range)
        return nil
    }

    /// How a client calls its request: a string or an integer, kept as it was sent.
    mutating func requestID(_ bytes: Span<UInt8>, _ value: JSONValue) -> ByteBuffer? {
        let isWhole = value.kind == .number && self.isWholeNumeral(bytes, value.range)
        guard value.kind == .string || isWhole else {
            self.add(bytes, .requestID, at: "id", input: value.range)
            return nil
        }
        guard value.range.count <= ClientFrame.maximumRequestIDSize else {
            self.add(bytes, .longText(ClientFrame.maximumRequestIDSize), at: "id")
            return nil
        }
        return bytes.copy(value.range)
    }

    /// Whether a number is written without a fraction or an exponent.
    private func isWholeNumeral(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for offset in range where bytes[offset] == UInt8(ascii: ".") || bytes[offset] | 0x20 == UInt8(ascii: "e") {
            return false
        }
        return true
    }
}
