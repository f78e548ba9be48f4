/// An awareness update: entries of any number of clients.
public struct AwarenessUpdate: Hashable, Sendable {
    public var entries: [AwarenessEntry]

    public init(_ entries: [AwarenessEntry] = []) {
        self.entries = entries
    }

    /// Reads one that has nothing behind it.
    ///
    /// - Throws: `truncated`, `trailingBytes`, `numberTooLarge`; `invalidText`, `invalidJSON` and `nestingTooDeep` of a
    ///   state that clients could not read.
    public init(_ bytes: Span<UInt8>) throws(DocumentError) {
        var offset = 0
        self.entries = []
        // An entry takes at least a client, a clock, and a length.
        for _ in 0..<(try bytes.count(of: 3, at: &offset)) {
            let client = try bytes.uint(at: &offset)
            let clock = try bytes.uint(at: &offset)
            let state = try bytes.json(at: &offset)
            self.entries.append(
                AwarenessEntry(
                    client: client,
                    clock: clock,
                    state: JSONCheck.isNull(bytes, state) ? nil : bytes.copy(state)
                )
            )
        }
        try bytes.expectEnd(at: offset)
    }

    /// As ``init(_:)-(Span<UInt8>)``.
    public init(_ bytes: [UInt8]) throws(DocumentError) {
        try self.init(bytes.span)
    }

    /// Reads one that a client wrote with or without its length in front, as Zeal's client does. The two can't
    /// be confused.
    ///
    /// - Parameter bytes: all that follows the message's type.
    /// - Returns: the update, and whether it had its length.
    /// - Throws: as ``init(_:)-(Span<UInt8>)``.
    public static func inEitherSpelling(
        _ bytes: Span<UInt8>
    ) throws(DocumentError) -> (update: AwarenessUpdate, hasLength: Bool) {
        var offset = 0
        let number = try bytes.uint(at: &offset)
        guard number == UInt64(bytes.count - offset) else { return (try AwarenessUpdate(bytes), false) }
        // A lone 0 is an update without entries, and the length of nothing.
        guard number > 0 else { return (AwarenessUpdate(), true) }
        return (try AwarenessUpdate(bytes.extracting(offset..<bytes.count)), true)
    }

    /// The client of the first entry, without reading more; nil where there is none.
    ///
    /// - Parameter bytes: the beginning of an update, at least ten bytes where it has as many.
    public static func firstClient(in bytes: some Sequence<UInt8>) -> UInt64? {
        let start = Array(bytes)
        var offset = 0
        guard let count = try? start.span.uint(at: &offset), count > 0 else { return nil }
        return try? start.span.uint(at: &offset)
    }

    public func encoded() -> [UInt8] {
        var output: [UInt8] = []
        output.append(uint: UInt64(self.entries.count))
        for entry in self.entries {
            output.append(uint: entry.client)
            output.append(uint: entry.clock)
            output.append(block: entry.state ?? Self.null)
        }
        return output
    }

    private static let null = Array("null".utf8)
}
