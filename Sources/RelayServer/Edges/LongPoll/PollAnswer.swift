import NIOCore
import RelayCore
import RelayWire

/// Gathers what a poll found into its answer.
struct PollAnswer {
    private var response = PollResponse()

    var count: Int { self.response.messages.count }

    mutating func add(_ messages: [Message], of topic: TopicName, gap: Gap?, epoch: UInt64?) {
        self.response.messages += messages.map { $0.fields(of: topic) }
        if let gap {
            self.response.gaps.append(GapFields(gap, of: topic))
        }
        if let epoch = epoch.flatMap(StreamEpoch.told) {
            self.response.epochs.append(EpochFields(topic: topic.rawValue, epoch: epoch))
        }
    }

    mutating func add(_ report: PollResponse.Presence) {
        self.response.presence.append(report)
    }

    mutating func encoded(hasMore: Bool) -> ByteBuffer {
        self.response.hasMore = hasMore
        var body = ByteBuffer()
        body.reserveCapacity(self.response.size)
        self.response.write(into: &body)
        return body
    }
}
