/// What a MessagePack value begins with: a scalar is whole with it, of others it tells how much follows.
public enum MessagePackHead: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// An integer that is not negative, whichever form it was sent in.
    case unsigned(UInt64)
    case negative(Int64)
    /// Single precision becomes double, which holds all of it.
    case float(Double)
    /// Bytes of text, which need not be UTF-8.
    case string(size: Int)
    case binary(size: Int)
    /// Bytes, the one of the type included.
    case extended(size: Int)
    /// Values that follow.
    case array(count: Int)
    /// Pairs of values that follow.
    case map(count: Int)
}
