public import NIOCore

/// Walks a JSON text (RFC 8259) from front to back, checking each byte once, without decoding or allocating.
///
/// Call it in the text's own order. After ``enterObject()`` take ``nextMember()`` until it is nil, and after each member its value, either
/// with ``value()`` or by entering it. ``finish()`` comes last.
///
/// It checks the whole grammar, strict UTF-8 and valid escapes. It also refuses what is beyond the bounds of usual parsers: deep nesting,
/// large numbers, halves of surrogate pairs. Names that repeat are the caller's matter.
///
/// After an error the scanner's place means nothing: stop using it.
public struct JSONScanner: Sendable {
    /// Containers inside each other. Deeper texts are refused. A reply adds three levels, and some parsers stop at 127.
    public static let maximumDepth = 120

    /// The characters of a number. Longer ones are refused, and those that no double holds: some parsers refuse the whole text for
    /// them, others read infinity.
    public static let maximumNumberSize = 1000

    /// The text: the buffer's readable bytes.
    public let buffer: ByteBuffer
    /// Changed in a copy, which is then put back: the buffer's span borrows the whole scanner.
    private var place: JSONPlace

    public init(_ buffer: ByteBuffer) {
        self.init(buffer, place: JSONPlace())
    }

    private init(_ buffer: ByteBuffer, place: JSONPlace) {
        self.buffer = buffer
        self.place = place
    }

    /// The next byte to be read, from the start of the text.
    public var offset: Int { self.place.offset }

    /// A scanner that stands before `value`, which another scanner of the same text has checked.
    public func at(_ value: JSONValue) -> JSONScanner {
        JSONScanner(self.buffer, place: JSONPlace(offset: value.range.lowerBound))
    }

    /// What the next value is. Reads only the blanks before it.
    public mutating func peek() throws(JSONError) -> JSONKind {
        var place = self.place
        let result = try place.peek(self.buffer.readableBytesUInt8Span)
        self.place = place
        return result
    }

    /// Checks the next value, whatever it holds, and moves past it.
    public mutating func value() throws(JSONError) -> JSONValue {
        var place = self.place
        let result = try place.value(self.buffer.readableBytesUInt8Span)
        self.place = place
        return result
    }

    /// Steps into the object that comes next.
    public mutating func enterObject() throws(JSONError) {
        var place = self.place
        try place.enterObject(self.buffer.readableBytesUInt8Span)
        self.place = place
    }

    /// Steps into the array that comes next.
    public mutating func enterArray() throws(JSONError) {
        var place = self.place
        try place.enterArray(self.buffer.readableBytesUInt8Span)
        self.place = place
    }

    /// The name of the object's next member, whose value must be read next; nil once the object has ended.
    public mutating func nextMember() throws(JSONError) -> JSONValue? {
        var place = self.place
        let result = try place.nextMember(self.buffer.readableBytesUInt8Span)
        self.place = place
        return result
    }

    /// Whether the array holds another value, which must be read next; false once the array has ended.
    public mutating func nextElement() throws(JSONError) -> Bool {
        var place = self.place
        let result = try place.nextElement(self.buffer.readableBytesUInt8Span)
        self.place = place
        return result
    }

    /// Checks that nothing but blanks is left.
    public mutating func finish() throws(JSONError) {
        var place = self.place
        try place.finish(self.buffer.readableBytesUInt8Span)
        self.place = place
    }
}
