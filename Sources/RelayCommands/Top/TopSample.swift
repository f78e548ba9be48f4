public import RelayClient

/// What a relay said of itself at one moment.
public struct TopSample: Sendable {
    /// Seconds of a clock that goes evenly.
    public let at: Double
    public let metrics: MetricsText
    /// As ``RelayClient/RelayClient/nodes()`` has them; nil where they may not be seen.
    public let nodes: [JSONDocument]?
    /// As ``RelayClient/RelayClient/allTopics(_:most:)`` has them; nil where they may not be seen.
    public let topics: [JSONDocument]?

    public init(at seconds: Double, metrics: MetricsText, nodes: [JSONDocument]?, topics: [JSONDocument]?) {
        self.at = seconds
        self.metrics = metrics
        self.nodes = nodes
        self.topics = topics
    }
}

/// What happened between two samples.
public struct TopFigures: Sendable {
    let before: TopSample
    let now: TopSample

    /// - Parameters:
    ///   - before: an earlier sample.
    ///   - now: the later one.
    public init(from before: TopSample, to now: TopSample) {
        self.before = before
        self.now = now
    }

    /// How much a number grew in a second. A relay that began anew counts from 0.
    func rate(_ name: String) -> Double? {
        self.now.metrics.total(name).map { self.rate(from: self.before.metrics.total(name), to: $0) }
    }

    func rate(from before: Double?, to now: Double) -> Double {
        let seconds = self.now.at - self.before.at
        guard seconds > 0 else { return 0 }
        let start = before ?? 0
        return (now < start ? now : now - start) / seconds
    }

    /// Requests that were answered by a 5xx, in a second.
    var failures: Double {
        let name = "pulsar_http_requests_total"
        func count(_ sample: TopSample) -> Double {
            sample.metrics[name].reduce(0) { $1.labels["status"] == "5xx" ? $0 + $1.value : $0 }
        }
        return self.rate(from: count(self.before), to: count(self.now))
    }

    /// The time under which this part of the publishes between the two samples was answered, in seconds: the end of its bucket.
    ///
    /// - Returns: nil where there were none.
    func latency(_ part: Double) -> Double? {
        let name = "relay_message_latency_seconds_bucket"
        let buckets = self.now.metrics[name].compactMap { sample -> (end: Double, count: Double)? in
            guard let text = sample.labels["le"], let end = text == "+Inf" ? .infinity : Double(text) else {
                return nil
            }
            let start = self.before.metrics.value(name, "le", text) ?? 0
            return (end, sample.value < start ? sample.value : sample.value - start)
        }.sorted { $0.end < $1.end }
        guard let all = buckets.last?.count, all > 0 else { return nil }
        return buckets.first { $0.count >= part * all }?.end
    }

    /// By rate or as they are ordered, see ``TopOrder``.
    func topics(by order: TopOrder) -> [TopTopic] {
        var topics: [String: TopTopic] = [:]
        self.count(into: &topics)
        self.describe(&topics)
        return topics.values.sorted { order.precedes($0, $1) }
    }

    /// What the metrics say of topics, where they are counted apart.
    private func count(into topics: inout [String: TopTopic]) {
        let name = "relay_messages_received_total"
        for sample in self.now.metrics[name] {
            guard let topic = sample.labels["topic"] else { continue }
            let before = self.before.metrics.value(name, "topic", topic)
            topics[topic, default: TopTopic(name: topic)].rate = self.rate(from: before, to: sample.value)
        }
    }

    /// What administrators see of topics. Without counts the rate is by how many messages there are more; of a topic that is full that
    /// is not known.
    private func describe(_ topics: inout [String: TopTopic]) {
        var former: [String: Double] = [:]
        for entry in self.before.topics ?? [] {
            if let name = entry["topic_name"]?.asText { former[name] = entry["messages"]?.asNumber }
        }
        for entry in self.now.topics ?? [] {
            guard let name = entry["topic_name"]?.asText else { continue }
            var topic = topics[name] ?? TopTopic(name: name)
            topic.kept = entry["messages"]?.asNumber
            topic.readers = entry["readers"]?.asNumber
            topic.kind = entry["kind"]?.asText
            if topic.rate == nil, let kept = topic.kept, let before = former[name], kept >= before {
                let isFull = kept == before && kept == entry["max_messages"]?.asNumber
                topic.rate = isFull ? nil : self.rate(from: before, to: kept)
            }
            topics[name] = topic
        }
    }
}

/// A topic in the list of `top`; nil is what is not known.
struct TopTopic: Hashable, Sendable {
    let name: String
    /// Messages in a second.
    var rate: Double?
    var readers: Double?
    /// Messages that are kept.
    var kept: Double?
    var kind: String?

    init(name: String) {
        self.name = name
    }
}

/// By what the topics of `top` are ordered.
public enum TopOrder: String, CaseIterable, Sendable {
    case rate
    case readers
    case kept
    case name

    /// The most first, and the same by name.
    func precedes(_ left: TopTopic, _ right: TopTopic) -> Bool {
        let (one, other): (Double?, Double?) =
            switch self {
            case .rate: (left.rate, right.rate)
            case .readers: (left.readers, right.readers)
            case .kept: (left.kept, right.kept)
            case .name: (nil, nil)
            }
        if one ?? -1 != other ?? -1 { return one ?? -1 > other ?? -1 }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

extension JSONDocument {
    var asText: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    var asNumber: Double? {
        if case .number(let number) = self { return Double(number.text) }
        return nil
    }
}
