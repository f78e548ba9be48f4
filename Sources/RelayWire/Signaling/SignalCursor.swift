/// What a client has of a topic: the last id, and the history that it belongs to where the client knows it.
public struct SignalCursor: Hashable, Sendable {
    /// Never 0.
    public let epoch: UInt64?
    public let id: MessageID

    public init(epoch: UInt64? = nil, id: MessageID) {
        self.epoch = epoch
        self.id = id
    }

    /// `id`, or `epoch@id`, where an epoch has 1 to 16 hexadecimal digits.
    public init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, let id = MessageID(last) else { return nil }
        self.id = id
        guard parts.count == 2 else {
            self.epoch = nil
            return
        }
        let isHexadecimal = parts[0].utf8.allSatisfy { Hexadecimal.value(of: $0) != nil }
        guard isHexadecimal, parts[0].utf8.count <= 16, let epoch = UInt64(parts[0], radix: 16), epoch > 0 else {
            return nil
        }
        self.epoch = epoch
    }
}
