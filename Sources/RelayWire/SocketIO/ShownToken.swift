public import NIOCore

/// The object in which a client shows an access token: a CONNECT's payload, or Zeal's AUTH.
public enum ShownToken {
    /// - Returns: nil where there is none: an empty text is none either.
    /// - Throws: `malformedEvent` where the text is no object, or `token` no text.
    public static func token(in json: ByteBuffer) throws(SocketIOError) -> String? {
        guard json.readableBytes > 0 else { return nil }
        do throws(JSONError) {
            var scanner = JSONScanner(json)
            guard try scanner.peek() == .object else { throw JSONError("an object", at: 0) }
            var token: JSONValue?
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let isToken = scanner.text(of: name, is: "token")
                let value = try scanner.value()
                if isToken { token = value }
            }
            try scanner.finish()
            guard let token, token.kind != .null else { return nil }
            guard let text = scanner.text(of: token) else { throw JSONError("a text", at: token.range.lowerBound) }
            return text.isEmpty ? nil : text
        } catch {
            throw .malformedEvent
        }
    }
}
