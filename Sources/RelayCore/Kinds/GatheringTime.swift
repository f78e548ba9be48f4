import NIOCore

/// How long messages that are handed out together wait for each other.
public enum GatheringTime: Hashable, Sendable {
    /// 2 ms.
    case moment
    /// 2 ms, and longer where a loop has many readers: half a millisecond for each, a second at most. So handing out takes a loop about as
    /// much of its time however many readers there are.
    case byReaders

    private static let shortest = TimeAmount.milliseconds(2)

    private static let perReader = TimeAmount.microseconds(500)
    private static let longest = TimeAmount.seconds(1)

    /// - Parameter readers: that the loop has on the topic.
    func time(for readers: Int) -> TimeAmount {
        switch self {
        case .moment: Self.shortest
        case .byReaders: max(Self.shortest, min(Self.longest, Self.perReader * readers))
        }
    }
}
