public import NIOCore

extension JSONScanner {
    /// A string's text, escapes resolved.
    ///
    /// - Parameter value: a string that this scanner, or another one of the same text, has checked.
    /// - Returns: nil where an escape names half a surrogate pair, so that there is no text; and for other kinds.
    public func text(of value: JSONValue) -> String? {
        self.buffer.readableBytesUInt8Span.text(of: value)
    }

    /// Whether a string's text is `text`, which must have two characters at least. Costs no allocation unless the
    /// string holds escapes.
    public func text(of value: JSONValue, is text: StaticString) -> Bool {
        self.buffer.readableBytesUInt8Span.text(of: value, is: text)
    }

    /// The text of a JSON object's member. Of several the last counts.
    ///
    /// - Parameter name: has two characters at least.
    /// - Returns: nil where the object has no such member that is text, or the JSON is no object.
    public static func text(ofMember name: StaticString, in json: ByteBuffer) -> String? {
        var scanner = JSONScanner(json)
        var text: String?
        do throws(JSONError) {
            try scanner.enterObject()
            while let member = try scanner.nextMember() {
                let value = try scanner.value()
                if scanner.text(of: member, is: name) { text = scanner.text(of: value) }
            }
            try scanner.finish()
        } catch {
            return nil
        }
        return text
    }

    /// A copy of the text's bytes in `range`, in memory of its own. Keeps nothing of the scanned buffer alive.
    public func copy(_ range: Range<Int>) -> ByteBuffer {
        self.buffer.readableBytesUInt8Span.copy(range)
    }
}
