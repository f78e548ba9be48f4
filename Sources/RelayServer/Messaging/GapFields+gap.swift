import RelayCore
import RelayWire

extension GapFields {
    init(_ gap: Gap, of topic: TopicName) {
        self.init(topic: topic.rawValue, after: gap.after, resumedFrom: gap.resumedFrom, epoch: gap.epochText)
    }
}
