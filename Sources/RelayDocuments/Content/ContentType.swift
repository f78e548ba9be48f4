/// A shared type: a list, and values under keys. Which of the two is looked at depends on who asks.
struct ContentType: Sendable {
    /// What holds it, -1 for a root.
    let item: Int32
    /// Of a root.
    let name: [UInt8]
    let kind: SharedKind
    /// First of its list, deleted ones included.
    var start: Int32 = -1
    /// First of its entries, which are linked.
    var firstEntry: Int32 = -1
}

/// What a shared type was made as. A root's is not written.
enum SharedKind: UInt64, Sendable {
    case array
    case map
    case text
    case element
    case fragment
    case hook
    case xmlText
    case root = 100
    /// Of Yrs alone: not looked into.
    case other

    var isXML: Bool { self == .element || self == .fragment || self == .xmlText }
}

/// All values that a key of a type has had. The last one counts.
struct ContentEntry: Sendable {
    /// Place in ``ContentGraph/keys``.
    let key: Int32
    /// First and last of the list.
    var start: Int32 = -1
    var last: Int32 = -1
    /// The type's next one.
    let next: Int32
}
