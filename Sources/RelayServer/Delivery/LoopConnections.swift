import NIOCore
import RelayCore
import RelayWire

/// A connection of any protocol, as its loop keeps track of it.
protocol LoopConnection: AnyObject {
    /// Time for pings and deadlines. Called about once a second, except while the connection rests.
    ///
    /// - Returns: until when it rests, unless ``LoopConnections/wake(_:)`` is called. A moment that has come: until the next tick.
    func tick(_ now: NIODeadline) -> NIODeadline

    /// The relay is stopping: finish in the protocol's own way.
    func shutDown()

    /// The time to finish is over.
    func cutOff()

    /// What the peer may not have, as of the last tick.
    var outstanding: Outstanding { get set }

    /// Nil once it is gone.
    var channel: (any Channel)? { get }

    /// What it is, and whose, at the moment. Administrators ask. Nil where it is a part of another, which tells.
    var facts: ConnectionFacts? { get }

    /// Whether its bytes go over TLS.
    var isEncrypted: Bool { get }

    /// An administrator ends it: say so in the protocol's own way.
    func end(byAdministrator reason: String)
}

/// A connection that has nothing to tell, and no words for its end.
extension LoopConnection {
    var facts: ConnectionFacts? { ConnectionFacts(.http) }

    var isEncrypted: Bool { false }

    func end(byAdministrator reason: String) { self.cutOff() }
}

/// Something that goes on in a user's name for longer than a request: a WebSocket, a waiting poll, an event stream.
protocol AccessWatcher: AnyObject {
    var userID: UserID { get }

    /// The user or the token may have changed: check again, and stop if the answer is no. Where the user may still read,
    /// each reader is checked as well: one who was an administrator loses the topics of others.
    func accessMayHaveChanged()

    /// End what an access token that has expired has opened.
    ///
    /// - Parameter now: the wall clock.
    func checkExpiry(at now: Timestamp)

    /// Before that moment ``checkExpiry(at:)`` has nothing to do. ``LoopConnections/expiryChanged(of:)`` tells of one that has
    /// become earlier.
    var nextExpiryCheck: Timestamp { get }
}

/// The connections of one event loop. Lives on that loop.
///
/// One timer a loop stands in for a timer a connection: with ten thousand idle connections that is megabytes.
final class LoopConnections {
    private var connections = ConnectionTable()
    private var watchers: [UserID: Watchers] = [:]
    private let eventLoop: any EventLoop
    private var ticker: RepeatedTask?
    /// Whether a second's ticks are not all done yet.
    private var isTicking = false
    /// Nil where a token's expiry ends nothing.
    private let expiryClock: RelayClock?
    private var isShuttingDown = false
    private var dateField = DateField()
    private var peers: VanishedPeers
    /// Counts the seconds, for looks at peers in turn.
    private var second: UInt = 0

    /// Of one user.
    private struct Watchers {
        var all: [ObjectIdentifier: any AccessWatcher] = [:]
        /// No later than the first of theirs.
        var nextExpiryCheck = Timestamp(microseconds: .max)
    }

    private struct Weak {
        weak var connections: LoopConnections?
    }

    /// - Parameter expiryClock: says when an access token has expired, which ends what it opened; nil: that ends nothing.
    init(eventLoop: any EventLoop, expiryClock: RelayClock?, peers: VanishedPeers) {
        self.eventLoop = eventLoop
        self.expiryClock = expiryClock
        self.peers = peers
        let bound = NIOLoopBound(Weak(connections: self), eventLoop: eventLoop)
        self.ticker = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.connections?.tick(.now())
        }
    }

    /// The value of the `Date` field of an answer, made once a second.
    ///
    /// - Parameter now: a moment of the last second or so.
    func date(at now: NIODeadline) -> String { self.dateField.text(at: now) }

    /// A connection that comes while the relay is stopping is told so at once.
    func add(_ connection: any LoopConnection) {
        self.connections.add(connection)
        if self.isShuttingDown { connection.shutDown() }
    }

    func remove(_ connection: any LoopConnection) {
        self.connections.remove(connection)
        self.peers.forget(ObjectIdentifier(connection))
    }

    /// The connection rests no longer: it has something for the next tick.
    func wake(_ connection: any LoopConnection) { self.connections.wake(connection) }

    func add(_ watcher: any AccessWatcher) {
        self.watchers[watcher.userID, default: Watchers()].all[ObjectIdentifier(watcher)] = watcher
        self.expiryChanged(of: watcher)
    }

    /// The watcher's next check may be earlier than it was.
    func expiryChanged(of watcher: any AccessWatcher) {
        guard let known = self.watchers[watcher.userID]?.nextExpiryCheck else { return }
        self.watchers[watcher.userID]?.nextExpiryCheck = min(known, watcher.nextExpiryCheck)
    }

    func remove(_ watcher: any AccessWatcher) {
        self.watchers[watcher.userID]?.all[ObjectIdentifier(watcher)] = nil
        if self.watchers[watcher.userID]?.all.isEmpty == true { self.watchers[watcher.userID] = nil }
    }

    func accessMayHaveChanged(of user: UserID) {
        guard let watchers = self.watchers[user]?.all else { return }
        for watcher in watchers.values { watcher.accessMayHaveChanged() }
    }

    /// Asks all to finish. Those that last are asked one after another, in no order.
    ///
    /// - Parameters:
    ///   - spread: until when the last is asked. Zero: all are asked at once.
    ///   - loops: as many loops do the same.
    func shutDown(over spread: TimeAmount, loops: Int) {
        self.isShuttingDown = true
        var lasting: [ConnectionName] = []
        for name in self.connections.names(below: .max, most: .max).names {
            guard let connection = self.connections.find(name)?.connection else { continue }
            if connection.facts?.lasts == true, spread > .zero {
                lasting.append(name)
            } else {
                connection.shutDown()
            }
        }
        lasting.shuffle()
        self.letGo(lasting[...], DrainPace(of: lasting.count, on: loops, over: spread))
    }

    private func letGo(_ names: ArraySlice<ConnectionName>, _ pace: DrainPace) {
        var pace = pace
        guard let count = pace.next() else { return }
        for name in names.prefix(count) { self.connections.find(name)?.connection.shutDown() }
        let rest = names.dropFirst(count)
        guard !rest.isEmpty else { return }
        let left = pace
        self.eventLoop.assumeIsolated().scheduleTask(in: DrainPace.step) { self.letGo(rest, left) }
    }

    /// Since when how many bytes of answers are held by the connections that hold any.
    var untaken: [(connection: any LoopConnection, held: UntakenAnswers)] {
        self.connections.all.compactMap { connection in connection.outstanding.untaken.map { (connection, $0) } }
    }

    /// Which there are, in portions: see ``ConnectionTable/names(below:most:)``.
    func names(below end: Int, most: Int) -> (names: [ConnectionName], end: Int) {
        self.connections.names(below: end, most: most)
    }

    var count: Int { self.connections.end }

    /// Those of them that are still there, described.
    func sights(of names: [ConnectionName], loop: Int, at now: NIODeadline) -> [ConnectionSight] {
        names.compactMap { name in
            guard let (connection, since) = self.connections.find(name), let facts = connection.facts else {
                return nil
            }
            let channel = connection.channel
            // A stream of HTTP/2 can't be asked, and counts itself.
            let socket = channel is any SocketOptionProvider ? channel : channel?.parent
            let pending = socket === channel ? (try? socket?.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 : 0
            return ConnectionSight(
                place: ConnectionPlace(loop: loop, number: name.number),
                facts: facts,
                address: facts.address ?? channel?.remoteAddress?.ipAddress,
                isEncrypted: connection.isEncrypted,
                age: max(0, (now - since).nanoseconds),
                queuedBytes: max(pending, connection.outstanding.untaken?.charge.bytes ?? 0)
            )
        }
    }

    /// - Returns: whether it was still there.
    func end(_ name: ConnectionName, byAdministrator reason: String) -> Bool {
        guard let (connection, _) = self.connections.find(name) else { return false }
        connection.end(byAdministrator: reason)
        return true
    }

    /// - Returns: how many connections are cut off.
    @discardableResult
    func cutOff() -> Int {
        let open = self.connections.all
        for connection in open { connection.cutOff() }
        return open.count
    }

    func stop() {
        self.ticker?.cancel()
        self.ticker = nil
    }

    private func tick(_ now: NIODeadline) {
        if !self.isTicking { self.tickConnections(now, below: self.connections.end) }
        self.lookAtPeers(now)
        if let now = self.expiryClock?.now() { self.checkExpiry(at: now) }
    }

    /// How many connections are ticked in a row, and for how long the loop then looks after its sockets. Those that came together are
    /// pinged together: with thousands of them, messages would wait for as many writes.
    private static let portion = 200
    private static let pause = TimeAmount.milliseconds(2)

    /// Ticks those that are due, from `end` down: as many as one portion has, and the rest after a pause.
    private func tickConnections(_ now: NIODeadline, below end: Int) {
        var end = end
        for _ in 0..<Self.portion {
            guard let (place, connection) = self.connections.due(at: now, below: end) else {
                return self.isTicking = false
            }
            self.connections.rest(connection, at: place, until: connection.tick(now))
            end = place
        }
        self.isTicking = true
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) { [weak self] in
            self?.tickConnections(.now(), below: end)
        }
    }

    private func checkExpiry(at now: Timestamp) {
        for (user, watchers) in self.watchers where watchers.nextExpiryCheck <= now {
            for watcher in watchers.all.values { watcher.checkExpiry(at: now) }
            // The check has ended some of them, and those are gone from the table now.
            let next = self.watchers[user]?.all.values.lazy.map(\.nextExpiryCheck).min()
            if let next { self.watchers[user]?.nextExpiryCheck = next }
        }
    }

    /// Told by the identity alone: no connection is touched that is not to be looked at. Its bits are mixed, since objects lie at steps.
    private static func isInTurn(_ id: ObjectIdentifier, every seconds: Int, _ second: UInt) -> Bool {
        let mixed = (UInt(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15) >> 40
        return (mixed &+ second) % UInt(seconds) == 0
    }

    /// Closes the connections of peers that have vanished. Looks at those that may be owed acknowledgements, each in its turn.
    private func lookAtPeers(_ now: NIODeadline) {
        self.second &+= 1
        let (second, every, everySuspect) = (self.second, self.peers.lookEvery, self.peers.lookAtSuspectsEvery)
        for id in self.connections.identities(where: { Self.isInTurn($0, every: every, second) }) {
            self.lookAtPeer(id, now)
        }
        for id in self.peers.suspects where Self.isInTurn(id, every: everySuspect, second) { self.lookAtPeer(id, now) }
    }

    private func lookAtPeer(_ id: ObjectIdentifier, _ now: NIODeadline) {
        guard let connection = self.connections[id], connection.outstanding.isUnacknowledged,
            let socket = connection.channel.flatMap(PeerSocket.init)
        else { return }
        if socket.isAcknowledged {
            connection.outstanding.acknowledged()
            self.peers.forget(id)
        } else if let signs = socket.signs, self.peers.looked(at: id, signs, now) {
            socket.forgetUnacknowledged()
            connection.cutOff()
        }
    }
}
