extension RequestReader {
    /// `true` and `false`, 1 and 0, and the words that stand for them in forms, in any case.
    mutating func flag(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace) -> Bool? {
        let flag: Bool?
        switch value.kind {
        case .boolean, .number: flag = Self.flag(in: bytes.string(value.range))
        case .string: flag = bytes.text(of: value).flatMap { Self.flag(in: $0) }
        case .object, .array, .null:
            self.add(bytes, .flag, at: place, input: value.range)
            return nil
        }
        if flag == nil { self.add(bytes, .flagText, at: place, input: value.range) }
        return flag
    }

    /// A list whose elements are all texts. What is no text is an issue and left out.
    mutating func texts(_ bytes: Span<UInt8>, _ value: JSONValue, at field: String) -> [String]? {
        guard value.kind == .array else {
            self.add(bytes, .list, at: FieldPlace(field: field), input: value.range)
            return nil
        }
        var texts: [String] = []
        var index = 0
        var walk = JSONPlace(offset: value.range.lowerBound)
        do throws(JSONError) {
            try walk.enterArray(bytes)
            while try walk.nextElement(bytes) {
                let place = FieldPlace(field: field, entry: .index(index))
                if let text = self.text(bytes, try walk.value(bytes), at: place) { texts.append(text) }
                index += 1
            }
        } catch {
            self.add(bytes, .list, at: FieldPlace(field: field), input: value.range)
            return nil
        }
        return texts
    }

    private static func flag(in text: String) -> Bool? {
        switch text.lowercasedASCII {
        case "true", "t", "yes", "y", "on", "1", "1.0": true
        case "false", "f", "no", "n", "off", "0", "0.0": false
        default: nil
        }
    }
}
