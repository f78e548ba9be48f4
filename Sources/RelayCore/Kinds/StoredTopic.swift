/// A topic with its grants (ordered by user id) and the ends of its stream, of one instant.
public struct StoredTopic: Hashable, Sendable {
    public var record: TopicRecord
    public var grants: [Grant]
    public var bounds: StreamBounds

    public init(record: TopicRecord, grants: [Grant], bounds: StreamBounds) {
        self.record = record
        self.grants = grants
        self.bounds = bounds
    }
}
