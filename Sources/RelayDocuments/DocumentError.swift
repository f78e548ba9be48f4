/// Why bytes are no update, state vector, awareness update or message, or can't be worked with.
///
/// Whoever sent them can't be told in the protocol: count it, drop the bytes, tell nobody else. Nothing was changed.
public enum DocumentError: Error, Hashable, Sendable {
    /// The bytes end inside a value, or a count or length reaches beyond them.
    case truncated
    /// Bytes follow the end.
    case trailingBytes
    /// A number above 2^53 - 1, or one written with more than ten bytes.
    case numberTooLarge
    /// A clock, or the end of a range of clocks, above 2^32 - 1.
    case clockTooLarge
    /// A string is not UTF-8, as JavaScript's decoder in fatal mode judges.
    case invalidText
    /// A string that has to hold JSON does not (RFC 8259).
    case invalidJSON
    /// Values in values, deeper than ``DocumentLimits/maxNesting``.
    case nestingTooDeep
    /// A value's tag is none of lib0's.
    case unknownValue(tag: UInt8)
    /// A struct's content number is above 10, or a GC or Skip has flags.
    case unknownContent(info: UInt8)
    /// A shared type's kind is none that Yjs knows, or only Yrs does: Yjs throws at it, and with it goes all of the document.
    case unknownType(UInt64)
    /// A flag has another value than 0 and 1, a subdocument has no options, or version 2 has a feature flag.
    case malformed
    /// What the bytes stand for is larger than the caller takes.
    case tooLarge
    /// A compacted document has not the same clocks and deletions as what it replaces. A fault of this library: keep the old one.
    case compactionDiffers
}
