extension Update {
    /// Reads an update of version 2, the format with columns. None of the protocols carries it; applications store it.
    ///
    /// - Parameters:
    ///   - bytes: a whole update, with nothing behind it. There is no way to tell version 2 from version 1: the caller knows.
    ///   - maxBytes: how large the same update may be as version 1. A few bytes of version 2 can stand for any size.
    /// - Throws: as ``init(_:)-([UInt8])``, `tooLarge` beyond `maxBytes`, and `unknownType` for what only Yrs knows.
    public init(version2 bytes: Span<UInt8>, maxBytes: Int) throws(DocumentError) {
        try self.init(try Version2Reader.version1(bytes, maxBytes: maxBytes))
    }

    /// As ``init(version2:maxBytes:)-(Span<UInt8>,_)``.
    public init(version2 bytes: [UInt8], maxBytes: Int) throws(DocumentError) {
        try self.init(version2: bytes.span, maxBytes: maxBytes)
    }

    /// The update as version 2.
    ///
    /// - Throws: `unknownType` if it has a weak link, which only Yrs knows.
    public func version2() throws(DocumentError) -> [UInt8] {
        try Version2Writer.version2(self)
    }
}
