import CoreMetrics
import RelayCore
import RelayMetrics
import Synchronization

/// The series that carry a topic's name. Each is made once and kept; topics beyond the bound share those of the label `other`.
final class TopicSeries: Sendable {
    private struct Entry: Sendable {
        let received: Counter
        let kept: Meter

        init(_ label: String, _ factory: any MetricsFactory) {
            let labels = [("topic", label)]
            self.received = Counter(label: RelayMetric.messagesReceived, dimensions: labels, factory: factory)
            self.kept = Meter(label: RelayMetric.topicMessages, dimensions: labels, factory: factory)
        }
    }

    private let factory: any MetricsFactory
    private let maxTopics: Int
    /// By label.
    private let entries = Mutex<[String: Entry]>([:])

    init(factory: any MetricsFactory, maxTopics: Int) {
        self.factory = factory
        self.maxTopics = maxTopics
    }

    /// - Parameter kept: how many messages the topic holds now; nil where that is not known.
    func received(_ count: Int, in topic: TopicName, kept: Int?) {
        let entry = self.entry(topic.rawValue)
        entry.received.increment(by: count)
        if let kept { entry.kept.set(kept) }
    }

    private func entry(_ topic: String) -> Entry {
        self.entries.withLock { entries in
            if let known = entries[topic] { return known }
            let label = entries.count < self.maxTopics ? topic : "other"
            if let shared = entries[label] { return shared }
            let entry = Entry(label, self.factory)
            entries[label] = entry
            return entry
        }
    }
}
