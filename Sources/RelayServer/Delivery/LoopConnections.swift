import NIOCore
import RelayCore
import RelayWire

/// A connection of any protocol, as its loop keeps track of it.
protocol LoopConnection: AnyObject {
    /// About a second has passed since the last call: time for pings and deadlines.
    func tick(_ now: NIODeadline)

    /// The relay is stopping: finish in the protocol's own way.
    func shutDown()

    /// The time to finish is over.
    func cutOff()

    /// What the peer may not have, as of the last tick.
    var outstanding: Outstanding { get set }

    /// Nil once it is gone.
    var channel: (any Channel)? { get }
}

/// Something that goes on in a user's name for longer than a request: a WebSocket, a waiting poll, an event stream.
protocol AccessWatcher: AnyObject {
    var userID: UserID { get }

    /// The user or the token may have changed: check again, and stop if the answer is no. Where the user may still read,
    /// each reader is checked as well: one who was an administrator loses the topics of others.
    func accessMayHaveChanged()

    /// About a second has passed since the last call: end what an access token that has expired has opened.
    ///
    /// - Parameter now: the wall clock.
    func checkExpiry(at now: Timestamp)
}

/// The connections of one event loop. Lives on that loop.
///
/// One timer a loop stands in for a timer a connection: with ten thousand idle connections that is megabytes.
final class LoopConnections {
    private var connections: [ObjectIdentifier: any LoopConnection] = [:]
    private var watchers: [UserID: [ObjectIdentifier: any AccessWatcher]] = [:]
    private var ticker: RepeatedTask?
    /// Nil where a token's expiry ends nothing.
    private let expiryClock: RelayClock?
    private var isShuttingDown = false
    private var dateField = DateField()
    private var peers: VanishedPeers
    /// Counts the seconds, for looks at peers in turn.
    private var second: UInt = 0

    private struct Weak {
        weak var connections: LoopConnections?
    }

    /// - Parameter expiryClock: says when an access token has expired, which ends what it opened; nil: that ends nothing.
    init(eventLoop: any EventLoop, expiryClock: RelayClock?, peers: VanishedPeers) {
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
        self.connections[ObjectIdentifier(connection)] = connection
        if self.isShuttingDown { connection.shutDown() }
    }

    func remove(_ connection: any LoopConnection) {
        self.connections[ObjectIdentifier(connection)] = nil
        self.peers.forget(ObjectIdentifier(connection))
    }

    func add(_ watcher: any AccessWatcher) {
        self.watchers[watcher.userID, default: [:]][ObjectIdentifier(watcher)] = watcher
    }

    func remove(_ watcher: any AccessWatcher) {
        self.watchers[watcher.userID]?[ObjectIdentifier(watcher)] = nil
        if self.watchers[watcher.userID]?.isEmpty == true { self.watchers[watcher.userID] = nil }
    }

    func accessMayHaveChanged(of user: UserID) {
        guard let watchers = self.watchers[user] else { return }
        for watcher in watchers.values { watcher.accessMayHaveChanged() }
    }

    func shutDown() {
        self.isShuttingDown = true
        for connection in Array(self.connections.values) { connection.shutDown() }
    }

    /// Since when how many bytes of answers are held by the connections that hold any.
    var untaken: [(connection: any LoopConnection, held: UntakenAnswers)] {
        self.connections.values.compactMap { connection in connection.outstanding.untaken.map { (connection, $0) } }
    }

    /// - Returns: how many connections are cut off.
    @discardableResult
    func cutOff() -> Int {
        let open = Array(self.connections.values)
        for connection in open { connection.cutOff() }
        return open.count
    }

    func stop() {
        self.ticker?.cancel()
        self.ticker = nil
    }

    /// With thousands of connections most of this is waiting for memory: so each is touched once, and no list of them is made.
    private func tick(_ now: NIODeadline) {
        for (_, connection) in self.connections { connection.tick(now) }
        self.lookAtPeers(now)
        guard let now = self.expiryClock?.now() else { return }
        for watchers in self.watchers.values {
            for watcher in watchers.values { watcher.checkExpiry(at: now) }
        }
    }

    /// Told by the identity alone: no connection is touched that is not to be looked at. Its bits are mixed, since objects lie at steps.
    private func isInTurn(_ id: ObjectIdentifier) -> Bool {
        let mixed = (UInt(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15) >> 40
        return (mixed &+ self.second) % UInt(self.peers.lookEvery) == 0
    }

    /// Closes the connections of peers that have vanished. Looks at those that may be owed acknowledgements, each in its turn.
    private func lookAtPeers(_ now: NIODeadline) {
        self.second &+= 1
        for (id, connection) in self.connections where self.isInTurn(id) {
            guard connection.outstanding.isUnacknowledged, let socket = connection.channel.flatMap(PeerSocket.init)
            else { continue }
            if socket.isAcknowledged {
                connection.outstanding.acknowledged()
                self.peers.forget(id)
            } else if let signs = socket.signs, self.peers.looked(at: id, signs, now) {
                socket.forgetUnacknowledged()
                connection.cutOff()
            }
        }
    }
}
