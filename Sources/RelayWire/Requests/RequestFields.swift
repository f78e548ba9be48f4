public import NIOCore

/// The fields of a small JSON body, asked for one by one.
///
/// Faults are collected, so that all of them are told at once. A function that finds one adds an issue and returns
/// the value for an absent field. Unknown fields are ignored; a known one may come only once. Null counts as absent
/// except where a function says otherwise.
public struct RequestFields {
    private var reader: RequestReader
    private let json: ByteBuffer
    private let values: [String: JSONValue]
    /// The bytes of the body's object.
    private let object: Range<Int>

    /// Reads a body that is one JSON object.
    ///
    /// - Parameters:
    ///   - json: the whole body. Nothing of it is kept alive.
    ///   - names: the fields that `make` asks for.
    ///   - make: returns nil only where a required field was absent or wrong.
    public static func decode<Request>(
        _ json: ByteBuffer,
        names: [String],
        _ make: (inout RequestFields) -> Request?
    ) throws(RequestError) -> Request {
        try RequestReader.decode(json) { (reader, bytes) throws(JSONError) in
            guard let start = try reader.enterObject(bytes) else { return nil }
            var values: [String: JSONValue] = [:]
            while let name = try reader.place.nextMember(bytes) {
                guard let text = bytes.text(of: name), names.contains(text) else {
                    _ = try reader.place.value(bytes)
                    continue
                }
                try reader.keep(bytes, &values[text], FieldPlace(field: text))
            }
            var fields = RequestFields(
                reader: reader,
                json: json,
                values: values,
                object: start..<reader.place.offset
            )
            let request = make(&fields)
            reader = fields.reader
            return request
        }
    }

    /// Whether the field was sent, as null or as anything else.
    public func contains(_ name: String) -> Bool {
        self.values[name] != nil
    }

    /// Text that must be there: its absence, and null, is an issue.
    public mutating func requiredText(_ name: String) -> String? {
        self.required(name) { (reader, bytes, value, place) in reader.text(bytes, value, at: place) }
    }

    /// Text that must be there, and of which something can be made.
    ///
    /// - Parameter make: returns nil where it can't: that is an issue.
    public mutating func required<Value>(_ name: String, _ make: (String) -> Value?) -> Value? {
        self.required(name) { (reader, bytes, value, place) in
            guard let text = reader.text(bytes, value, at: place) else { return nil }
            guard let made = make(text) else {
                reader.add(bytes, .unusable, at: place, input: value.range)
                return nil
            }
            return made
        }
    }

    /// A legal topic name that must be there.
    public mutating func requiredTopic(_ name: String) -> String? {
        self.required(name) { (reader, bytes, value, place) in reader.topic(bytes, value, at: place) }
    }

    /// - Parameter limit: in Unicode code points, as the Python relay counts.
    public mutating func text(_ name: String, upTo limit: Int = .max) -> String? {
        self.optional(name) { (reader, bytes, value, place) in
            guard let text = reader.text(bytes, value, at: place) else { return nil }
            guard text.utf8.count > limit, text.unicodeScalars.count > limit else { return text }
            reader.add(bytes, .longText(limit), at: place, input: value.range)
            return nil
        }
    }

    /// One of some names.
    public mutating func choice(_ name: String, of names: [String]) -> String? {
        self.optional(name) { (reader, bytes, value, place) in
            guard let text = reader.text(bytes, value, at: place) else { return nil }
            if names.contains(text) { return text }
            reader.add(bytes, .choice(names), at: place, input: value.range)
            return nil
        }
    }

    /// `true` and `false`; also 1 and 0, and the words that forms use for them.
    public mutating func flag(_ name: String) -> Bool? {
        self.optional(name) { (reader, bytes, value, place) in reader.flag(bytes, value, at: place) }
    }

    /// A whole number in a range.
    public mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        self.optional(name) { (reader, bytes, value, place) in reader.integer(bytes, value, at: place, in: range) }
    }

    /// A value as it was sent, in memory of its own. Whatever is in it has been checked to be JSON.
    ///
    /// - Parameter kind: what it has to be: an object, or another kind.
    public mutating func json(_ name: String, of kind: JSONKind) -> ByteBuffer? {
        self.optional(name) { (reader, bytes, value, place) in
            guard value.kind != kind else { return bytes.copy(value.range) }
            reader.add(bytes, kind == .object ? .object : .list, at: place, input: value.range)
            return nil
        }
    }

    /// A list of texts.
    public mutating func texts(_ name: String) -> [String]? {
        self.optional(name) { (reader, bytes, value, _) in reader.texts(bytes, value, at: name) }
    }

    private typealias Reading<Value> = (inout RequestReader, Span<UInt8>, JSONValue, FieldPlace) -> Value?

    private mutating func required<Value>(_ name: String, _ read: Reading<Value>) -> Value? {
        let json = self.json
        let bytes = json.readableBytesUInt8Span
        let place = FieldPlace(field: name)
        guard let value = self.reader.required(bytes, self.values[name], place, in: self.object) else { return nil }
        return read(&self.reader, bytes, value, place)
    }

    private mutating func optional<Value>(_ name: String, _ read: Reading<Value>) -> Value? {
        guard let value = self.values[name], value.kind != .null else { return nil }
        let json = self.json
        return read(&self.reader, json.readableBytesUInt8Span, value, FieldPlace(field: name))
    }
}
