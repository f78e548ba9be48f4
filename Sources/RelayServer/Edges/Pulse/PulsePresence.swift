import NIOCore
import RelayCore
import RelayPresence
import RelayWire

/// In which channels there is presence, and from when on a subscription has a seat at it: a seat costs as much as a subscription.
final class PulsePresence: Sendable {
    let desks: PresenceDesks
    private let scope: RelayConfiguration.Pulse.PresenceScope

    /// - Parameter loops: of the relay: its subscriptions are told where presence begins in their channels.
    init(_ desks: PresenceDesks, scope: RelayConfiguration.Pulse.PresenceScope, broker: Broker, loops: DeliveryLoops) {
        self.desks = desks
        self.scope = scope
        guard scope == .all else { return }
        desks.observe { topic in
            guard let topic = broker.residentTopic(topic) else { return }
            for loop in loops.all { loop.eventLoop.execute { Self.presenceBegan(on: topic, loop) } }
        }
    }

    private static func presenceBegan(on topic: Topic, _ loop: DeliveryLoop) {
        for sink in loop.current?.readers.sinks(of: topic) ?? [] {
            (sink as? PulseMember)?.presenceBegan(on: topic.key)
        }
    }

    func isEnabled(in channel: String) -> Bool {
        switch self.scope {
        case .all: true
        case .named: PulseChannel.wantsPresence(channel)
        case .off: false
        }
    }

    /// Whether a subscription has a seat from its beginning: where its channel's name asks for that, and where somebody else has one.
    func isWanted(in channel: String, _ topic: TopicKey) -> Bool {
        self.isEnabled(in: channel) && (PulseChannel.wantsPresence(channel) || self.desks.isInUse(topic))
    }
}
