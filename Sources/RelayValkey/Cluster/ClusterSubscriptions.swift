import NIOCore

/// The channels that are wanted of a cluster, and at which master each is looked after. A channel goes to its slot's master, and moves
/// with the slot. A value; its owner is the cluster's subscriber, on its loop.
///
/// Whatever ends a subscription that was confirmed is told as `interrupted`, before anything else of that channel.
struct ClusterSubscriptions {
    enum Action {
        case subscribe(ValkeyChannel, at: ValkeyAddress)
        case unsubscribe(ValkeyChannel, at: ValkeyAddress)
        case tell(ValkeySubscriberEvent)
        /// A master said whose the slot is.
        case moved(slot: Int, ValkeyAddress)
        /// The map seems to be wrong. Call `retry` some time later.
        case refresh
    }

    private struct Entry {
        let slot: Int
        /// Nil while nobody serves it.
        var home: ValkeyAddress?
        var isConfirmed = false
        /// Redirects since it was last confirmed or waited.
        var redirects = 0
    }

    private var entries: [ValkeyChannel: Entry] = [:]

    var isEmpty: Bool { self.entries.isEmpty }
    var hasHomeless: Bool { self.entries.values.contains { $0.home == nil } }
    /// Where any channel is.
    var homes: Set<ValkeyAddress> { Set(self.entries.values.compactMap(\.home)) }

    mutating func subscribe(_ channel: ValkeyChannel, _ map: SlotMap) -> [Action] {
        guard self.entries[channel] == nil else { return [] }
        let entry = Entry(slot: HashSlot.of(channel.name.utf8), home: nil)
        return self.place(channel, entry, at: map.owner(of: entry.slot))
    }

    mutating func unsubscribe(_ channel: ValkeyChannel) -> [Action] {
        guard let entry = self.entries.removeValue(forKey: channel), let home = entry.home else { return [] }
        return [.unsubscribe(channel, at: home)]
    }

    /// Slots have changed hands.
    mutating func changed(_ map: SlotMap) -> [Action] {
        var actions: [Action] = []
        for (channel, entry) in self.entries {
            let owner = map.owner(of: entry.slot)
            guard let owner, owner != entry.home else { continue }
            if let home = entry.home { actions.append(.unsubscribe(channel, at: home)) }
            actions += self.interrupt(channel)
            actions += self.place(channel, self.entries[channel] ?? entry, at: owner)
        }
        return actions
    }

    /// Tries for those that nobody served.
    mutating func retry(_ map: SlotMap) -> [Action] {
        self.entries.filter { $0.value.home == nil }
            .flatMap { self.place($0.key, $0.value, at: map.owner(of: $0.value.slot)) }
    }

    /// What the subscriber of one master told.
    mutating func take(_ event: ValkeySubscriberEvent, from source: ValkeyAddress) -> [Action] {
        switch event {
        case .message(let channel, _):
            guard let entry = self.entries[channel], entry.home == source, entry.isConfirmed else { return [] }
            return [.tell(event)]
        case .subscribed(let channel):
            guard self.entries[channel]?.home == source else { return [] }
            self.entries[channel]?.isConfirmed = true
            self.entries[channel]?.redirects = 0
            return [.tell(event)]
        case .dropped(let channel, let error):
            guard let entry = self.entries[channel], entry.home == source else { return [] }
            return self.interrupt(channel) + self.dropped(channel, entry, error, source)
        case .lost:
            let there = self.entries.filter { $0.value.home == source }.keys
            return there.flatMap { self.interrupt($0) } + [.refresh]
        case .interrupted, .restored: return []
        }
    }

    private mutating func dropped(
        _ channel: ValkeyChannel,
        _ entry: Entry,
        _ error: ValkeyServerError?,
        _ source: ValkeyAddress
    ) -> [Action] {
        switch error.map({ ClusterTrouble($0, from: source) }) {
        case .some(.some(.moved(let slot, let address))) where entry.redirects < RetryPolicy.maxRedirects:
            self.entries[channel]?.home = address
            self.entries[channel]?.redirects += 1
            return [.moved(slot: slot, address), .subscribe(channel, at: address)]
        case .some(.none):
            self.entries[channel] = nil
            return [.tell(.dropped(channel, error))]
        case nil, .some(.some):
            // The slot has left, or is about to. Where to, the map will tell.
            self.entries[channel]?.home = nil
            self.entries[channel]?.redirects = 0
            return [.refresh]
        }
    }

    private mutating func interrupt(_ channel: ValkeyChannel) -> [Action] {
        guard self.entries[channel]?.isConfirmed == true else { return [] }
        self.entries[channel]?.isConfirmed = false
        return [.tell(.interrupted(channel))]
    }

    private mutating func place(_ channel: ValkeyChannel, _ entry: Entry, at owner: ValkeyAddress?) -> [Action] {
        var entry = entry
        entry.home = owner
        self.entries[channel] = entry
        return owner.map { [.subscribe(channel, at: $0)] } ?? [.refresh]
    }
}
