/// A channel to subscribe to. A plain and a sharded channel of one name are two.
public struct ValkeyChannel: Sendable, Hashable, CustomStringConvertible {
    /// As the server knows it, any prefix included.
    public let name: String
    /// Whether it lives on the shard of its name's slot: `SSUBSCRIBE` and `SPUBLISH`.
    public let isSharded: Bool

    public init(_ name: String, isSharded: Bool = false) {
        self.name = name
        self.isSharded = isSharded
    }

    public var description: String {
        self.isSharded ? "sharded \(self.name)" : self.name
    }
}
