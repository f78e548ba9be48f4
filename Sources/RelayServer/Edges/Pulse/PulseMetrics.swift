import CoreMetrics
import NIOCore
import RelayCore
import RelayMetrics
import RelayWire
import Synchronization

/// What Pulse's connections count, by the names that its operators know.
final class PulseMetrics: Sendable {
    private let opened: Counter
    private let active: Meter
    /// The gauge is set under its lock: two that count one after the other could set it in the other order.
    private let openCount = Mutex(0)
    private let inbound: Counter
    private let outbound: Counter
    private let broadcast: Counter
    private let inboundBytes: Counter
    private let outboundBytes: Counter
    private let broadcastBytes: Counter
    private let latency: Timer
    private let gaps: Counter
    private let datagramsDropped: Counter
    private let errors: [PulseErrorCode: Counter]
    let channels: PulseChannels

    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ direction: String) -> Counter {
            Counter(label: label, dimensions: [("direction", direction)], factory: factory)
        }
        self.opened = Counter(label: RelayMetric.pulseConnections, factory: factory)
        self.active = Meter(label: RelayMetric.pulseConnectionsActive, factory: factory)
        self.inbound = counter(RelayMetric.pulseMessages, "inbound")
        self.outbound = counter(RelayMetric.pulseMessages, "outbound")
        self.broadcast = counter(RelayMetric.pulseMessages, "broadcast")
        self.inboundBytes = counter(RelayMetric.pulseMessageBytes, "inbound")
        self.outboundBytes = counter(RelayMetric.pulseMessageBytes, "outbound")
        self.broadcastBytes = counter(RelayMetric.pulseMessageBytes, "broadcast")
        self.latency = Timer(label: RelayMetric.pulseLatency, factory: factory)
        self.gaps = Counter(label: RelayMetric.pulseGaps, factory: factory)
        self.datagramsDropped = Counter(label: RelayMetric.pulseDatagramsDropped, factory: factory)
        self.errors = PulseErrorCode.allCases.reduce(into: [:]) { counters, code in
            counters[code] = Counter(
                label: RelayMetric.pulseErrors,
                dimensions: [("type", code.label)],
                factory: factory
            )
        }
        self.channels = PulseChannels(factory: factory)
        self.active.set(0)
    }

    func connectionOpened() {
        self.opened.increment()
        self.changeActive(by: 1)
    }

    func connectionClosed() { self.changeActive(by: -1) }

    private func changeActive(by difference: Int) {
        self.openCount.withLock { count in
            count += difference
            self.active.set(count)
        }
    }

    /// A frame has come of so many bytes, with its length in front.
    func received(_ bytes: Int) {
        self.inbound.increment()
        self.inboundBytes.increment(by: bytes)
    }

    /// A frame goes to one client, as a WebSocket frame of so many bytes.
    func answered(_ bytes: Int) {
        self.outbound.increment()
        self.outboundBytes.increment(by: bytes)
    }

    /// Messages go to one of their channel's subscribers, as WebSocket frames of so many bytes.
    func delivered(_ count: Int, _ bytes: Int) {
        self.broadcast.increment(by: count)
        self.broadcastBytes.increment(by: bytes)
    }

    /// A request was done, so long after it came. Failures are not timed.
    func took(_ time: TimeAmount) { self.latency.recordNanoseconds(time.nanoseconds) }

    /// A subscriber goes on after messages that are no longer kept.
    func gap() { self.gaps.increment() }

    /// A message was to go as a datagram, and did not.
    func datagramDropped() { self.datagramsDropped.increment() }

    /// A request has failed, or something that no request has caused. Counted also where its client wants no answer.
    func failed(_ code: PulseErrorCode) { self.errors[code]?.increment() }
}

/// Which channels have subscribers on this relay.
final class PulseChannels: Sendable {
    private let subscribed: Counter
    private let active: Meter
    private let counts = Mutex<[TopicKey: Int]>([:])

    init(factory: any MetricsFactory) {
        self.subscribed = Counter(label: RelayMetric.pulseSubscriptions, factory: factory)
        self.active = Meter(label: RelayMetric.pulseChannelsActive, factory: factory)
        self.active.set(0)
    }

    func joined(_ key: TopicKey) {
        self.subscribed.increment()
        self.change(key, by: 1)
    }

    func left(_ key: TopicKey) { self.change(key, by: -1) }

    /// The gauge is set under the lock: two that change the table one after the other could set it in the other order.
    private func change(_ key: TopicKey, by difference: Int) {
        self.counts.withLock { counts in
            let count = counts[key, default: 0] + difference
            counts[key] = count > 0 ? count : nil
            self.active.set(counts.count)
        }
    }
}

extension PulseErrorCode {
    /// How metrics name it.
    fileprivate var label: String {
        switch self {
        case .unknown: "unknown"
        case .invalidFrame: "invalid_frame"
        case .invalidChannel: "invalid_channel"
        case .unauthorized: "unauthorized"
        case .forbidden: "forbidden"
        case .channelNotFound: "channel_not_found"
        case .rateLimited: "rate_limited"
        case .payloadTooLarge: "payload_too_large"
        case .notSubscribed: "not_subscribed"
        case .alreadySubscribed: "already_subscribed"
        case .connectionClosing: "connection_closing"
        case .serverError: "server_error"
        case .versionNotSupported: "version_not_supported"
        }
    }
}
