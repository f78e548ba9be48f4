import NIOCore

/// The channels that are wanted, and what the server has confirmed of them on the connection of the moment.
///
/// One command names one channel, so that an error can be laid at its door. The server confirms in the order of the commands.
struct SubscriptionTable {
    enum Request: Equatable {
        case subscribe(ValkeyChannel)
        case unsubscribe(ValkeyChannel)
    }

    private struct Pending {
        let number: Int
        let request: Request
    }

    private enum Status {
        /// Until the request of this number is confirmed. 0 while there is no connection.
        case requested(Int)
        case confirmed
    }

    private var wanted: [ValkeyChannel: Status] = [:]
    private var pending = CircularBuffer<Pending>()
    private var lastNumber = 0
    private var isConnected = false
    /// The last request of those that a new connection began with. Nil when they are all confirmed.
    private var restoredBy: Int?

    /// - Returns: what to send. Nothing if it is wanted already, or has to wait for a connection.
    mutating func subscribe(_ channel: ValkeyChannel) -> Request? {
        guard self.wanted[channel] == nil else { return nil }
        return self.request(channel)
    }

    mutating func unsubscribe(_ channel: ValkeyChannel) -> Request? {
        guard self.wanted.removeValue(forKey: channel) != nil, self.isConnected else { return nil }
        return self.push(.unsubscribe(channel))
    }

    /// - Returns: what to send, and whether all is restored already since there is nothing.
    mutating func connected() -> (requests: [Request], isRestored: Bool) {
        self.isConnected = true
        let requests = self.wanted.keys.compactMap { self.request($0) }
        self.restoredBy = requests.isEmpty ? nil : self.lastNumber
        return (requests, requests.isEmpty)
    }

    /// - Returns: whether there was a connection.
    mutating func disconnected() -> Bool {
        defer { self.isConnected = false }
        self.pending.removeAll()
        self.restoredBy = nil
        for channel in self.wanted.keys { self.wanted[channel] = .requested(0) }
        return self.isConnected
    }

    /// Messages of a channel that was given up meanwhile are not for anybody.
    func delivers(_ channel: ValkeyChannel) -> Bool {
        if case .confirmed = self.wanted[channel] { true } else { false }
    }

    /// - Returns: what to tell. Nil if the server confirms what it wasn't asked.
    mutating func subscribed(_ channel: ValkeyChannel) -> [ValkeySubscriberEvent]? {
        guard let done = self.pending.first, done.request == .subscribe(channel) else { return nil }
        self.pending.removeFirst()
        var events: [ValkeySubscriberEvent] = []
        if case .requested(done.number) = self.wanted[channel] {
            self.wanted[channel] = .confirmed
            events.append(.subscribed(channel))
        }
        return events + self.restored(by: done)
    }

    /// The end of a subscription, asked for or not.
    mutating func unsubscribed(_ channel: ValkeyChannel) -> [ValkeySubscriberEvent] {
        if let done = self.pending.first, done.request == .unsubscribe(channel) {
            self.pending.removeFirst()
            return []
        }
        guard self.delivers(channel) else { return [] }
        self.wanted[channel] = nil
        return [.dropped(channel, nil)]
    }

    /// - Returns: what to tell. Nil if there was no request to refuse.
    mutating func refused(_ error: ValkeyServerError) -> [ValkeySubscriberEvent]? {
        guard let done = self.pending.popFirst() else { return nil }
        var events: [ValkeySubscriberEvent] = []
        if case .subscribe(let channel) = done.request, case .requested(done.number) = self.wanted[channel] {
            self.wanted[channel] = nil
            events.append(.dropped(channel, error))
        }
        return events + self.restored(by: done)
    }

    private mutating func request(_ channel: ValkeyChannel) -> Request? {
        guard self.isConnected else {
            self.wanted[channel] = .requested(0)
            return nil
        }
        let request = self.push(.subscribe(channel))
        self.wanted[channel] = .requested(self.lastNumber)
        return request
    }

    private mutating func push(_ request: Request) -> Request {
        self.lastNumber += 1
        self.pending.append(Pending(number: self.lastNumber, request: request))
        return request
    }

    private mutating func restored(by done: Pending) -> [ValkeySubscriberEvent] {
        guard self.restoredBy == done.number else { return [] }
        self.restoredBy = nil
        return [.restored]
    }
}
