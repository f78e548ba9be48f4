import NIOCore
import RelayCore
import RelayWire

/// What peers are told by a relay that stops.
extension SessionService {
    /// Peers that are told side by side.
    private static let toldAtOnce = 16

    /// Tells each peer that is at this relay, on its session's signal topic, that the relay stops. Peers at other relays hear nothing.
    ///
    /// - Parameters:
    ///   - time: until the relay closes its connections. Who is not told by then is told no more.
    ///   - alternate: the URL of another relay, where they had better connect; nil for where they are.
    public func announceDraining(within time: Duration, alternate: String? = nil) async {
        let end = ContinuousClock.now + time
        let milliseconds = time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
        var json = PayloadObject()
        json.add("type", "server_draining")
        json.add("deadline_ms", milliseconds)
        if let alternate { json.add("alternate", alternate) }
        let payload = json.finish()
        let peers = self.broker.presence.takePresent().compactMap(\.sessionPeer)
        await withTaskGroup(of: Void.self) { tasks in
            var underWay = 0
            for (session, peer) in peers where ContinuousClock.now < end {
                if underWay == Self.toldAtOnce {
                    await tasks.next()
                    underWay -= 1
                }
                let draft = Draft(timestamp: self.now, payload: payload, audience: .one(peer.text))
                let topic = TopicKey(name: SessionTopicName(session, .signal).topicName)
                tasks.addTask { try? await self.broker.announce([draft], to: topic) }
                underWay += 1
            }
        }
    }
}
