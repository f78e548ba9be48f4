public import NIOCore
public import RelayCore

/// The presence of topics as one event loop knows it: for each topic with seats here who is on it. Made, called and dropped on its loop.
public final class PresenceLoop {
    let service: PresenceService
    let readers: LoopReaders
    let eventLoop: any EventLoop
    /// By the identity of the topic with the presence.
    private var hubs: [ObjectIdentifier: PresenceHub] = [:]

    /// Of hubs that nobody sits at, how long each is kept: a client that polls again finds it.
    private static let idleTime = TimeAmount.seconds(60)
    /// With so many hubs none is kept that nobody sits at.
    private static let manyHubs = 1_024

    /// While memory is short, none is kept that holds so much, bytes.
    private static let muchMemory = 64 << 10

    /// - Parameters:
    ///   - service: looks after it from now on, until ``stop()``.
    ///   - readers: the loop's.
    public init(_ service: PresenceService, _ readers: LoopReaders, on eventLoop: any EventLoop) {
        self.service = service
        self.readers = readers
        self.eventLoop = eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        service.add(ObjectIdentifier(self)) { eventLoop.execute { bound.value.check() } }
    }

    /// Gives a connection a place at a topic's presence.
    ///
    /// - Parameters:
    ///   - reader: of the topic's presence (``PresenceTopic/key(of:)``), joined at the tail on this loop, and not started yet: start it next.
    ///   - isWatching: whether the client is shown who is there.
    ///   - cursor: what a watcher's client knows already, from a ``PresenceHandout/cursor``; nil for nothing. Where the changes since are not
    ///     known any more it is shown all.
    ///   - listener: held weakly.
    public func seat(
        _ reader: Reader,
        of connection: PresenceConnection,
        isWatching: Bool,
        since cursor: Cursor? = nil,
        listener: any PresenceListener
    ) -> PresenceSeat {
        let seat = PresenceSeat(
            connection: connection,
            reader: reader,
            hub: self.hub(of: reader.topic),
            isWatching: isWatching,
            since: cursor,
            listener: listener
        )
        seat.sit()
        return seat
    }

    private func hub(of topic: Topic) -> PresenceHub {
        if let hub = self.hubs[ObjectIdentifier(topic)] { return hub }
        let hub = PresenceHub(topic, on: self)
        self.hubs[ObjectIdentifier(topic)] = hub
        hub.open()
        return hub
    }

    /// The topic is no more.
    func remove(_ hub: PresenceHub) {
        guard self.hubs[ObjectIdentifier(hub.topic)] === hub else { return }
        self.hubs[ObjectIdentifier(hub.topic)] = nil
    }

    /// Somebody has left a hub.
    func left(_ hub: PresenceHub) {
        guard hub.isVacant else { return }
        let isMuch = hub.charged > Self.muchMemory && self.service.isShortOfMemory
        if isMuch || self.hubs.count > Self.manyHubs { self.close(hub) }
    }

    private func close(_ hub: PresenceHub) {
        self.remove(hub)
        hub.close()
    }

    /// Looks whether all hubs still know what there is. To be called every few seconds.
    func check() {
        let now = self.service.broker.clock.uptime()
        var vouched: [Deadline.Name] = []
        for hub in Array(self.hubs.values) {
            if hub.isIdle(since: now - Self.idleTime) {
                self.close(hub)
            } else {
                hub.check()
                vouched += hub.foreignRelays
            }
        }
        if self.service.leases != nil, !vouched.isEmpty { self.service.workArrived.yield(.vouch(vouched)) }
    }

    /// The loop stops. All seats have ended.
    public func stop() {
        self.service.removeLoop(ObjectIdentifier(self))
        for hub in Array(self.hubs.values) { self.close(hub) }
    }
}
