public import RelayWire

/// Which history a topic's ids belong to.
///
/// It changes when the stream no longer continues what was read before: the topic was deleted, its store was wiped, or a failover lost the
/// newest messages. A reader with a cursor from another epoch may have missed messages, so it is told of a gap.
public struct StreamEpoch: Hashable, Sendable {
    /// 0 for a topic that never had a message, drawn at random for all others.
    public let id: UInt64
    /// The newest id that the history shares with the one before it: a reader of that one goes on from there.
    public let start: MessageID
    /// What this history and those before it have lost, in the order of ids, without overlaps. There are a few at
    /// most, and none that retention has removed wholly. So a client that was away, and keeps no epoch, is told of
    /// the loss too.
    public let holes: [StreamHole]

    /// Of a topic that never had a message.
    public static let none = StreamEpoch(id: 0, start: .zero)

    public init(id: UInt64, start: MessageID, holes: [StreamHole] = []) {
        self.id = id
        self.start = start
        self.holes = holes
    }

    /// A history that begins after `start`.
    public static func new(after start: MessageID = .zero) -> StreamEpoch {
        StreamEpoch(id: .random(in: 1 ... .max), start: start)
    }

    /// The holes that a reader at `cursor` has yet to pass.
    func holes(from cursor: MessageID) -> [StreamHole] {
        // Nearly always there are none.
        self.holes.isEmpty ? [] : self.holes.filter { $0.after >= cursor }
    }

    /// The ``id`` as clients see it, see ``text(of:)``.
    public var text: String { Self.text(of: self.id) }

    /// An epoch's id as clients see it: 16 lower-case hexadecimal digits.
    public static func text(of id: UInt64) -> String { String(hexadecimal: id) }

    /// The text of an epoch that clients are told; nil for that of a topic without any message, of which they are told nothing.
    public static func told(_ id: UInt64) -> String? {
        id == Self.none.id ? nil : Self.text(of: id)
    }

    /// The id that a client's text stands for.
    ///
    /// - Parameter text: may be anything.
    /// - Returns: nil for anything but 1 to 16 hexadecimal digits, upper or lower case.
    public static func id(_ text: some StringProtocol) -> UInt64? {
        guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy({ Hexadecimal.value(of: $0) != nil }) else {
            return nil
        }
        return UInt64(text, radix: 16)
    }
}
