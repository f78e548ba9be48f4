/// How much of everything a run measures.
struct Sizes: Sendable {
    /// Bytes of an ordinary message's payload.
    let payload = 64
    /// Seconds of one round at full speed.
    var burstSeconds = 1.0
    /// Seconds of one round at a fixed rate.
    var pacedSeconds = 3
    /// Messages per second of a round at a fixed rate.
    let pacedRate = 50
    /// WebSocket subscribers of the fan-out.
    var readers = 1000
    /// WebSocket subscribers of the memory measurement.
    var idleReaders = 10_000
    var waitingPolls = 5000
    /// Messages per second to all of the many subscribers: the load generator has to take them all.
    let crowdRate = 5
    var newTopics = 10_000
    /// Bytes through tunnels, in a round.
    var tunnelBytes = 1 << 30
    /// Times that a few bytes go through a tunnel and back, in a round.
    var tunnelTrips = 5_000
    /// QUIC connections of the memory measurement. They come 40 a second.
    var quicConnections = 1_000
    /// Datagrams of each client of TURN, in a round.
    var turnDatagrams = 5_000
    /// Sessions of two peers.
    var sessions = 9_000
    /// Members of a topic, who watch each other.
    var members = 2_000
    /// Updates of the document that somebody joins.
    var documentUpdates = 100_000
    /// Documents that nobody edits.
    var idleDocuments = 500
    /// Of the update that is merged and compared.
    var largeUpdateBytes = 10_000_000
    /// Files that this process may have open at once, connections among them.
    var openFiles = 1024

    /// What the process opens besides a crowd: publishers, and what it writes and reads.
    static let otherFiles = 500

    static let full = Sizes()
    /// A look at every scenario; the figures scatter.
    static let quick = Sizes(
        burstSeconds: 0.5,
        pacedSeconds: 2,
        readers: 500,
        idleReaders: 2000,
        waitingPolls: 1000,
        newTopics: 2000,
        tunnelBytes: 128 << 20,
        tunnelTrips: 500,
        quicConnections: 200,
        turnDatagrams: 500,
        sessions: 300,
        members: 300,
        documentUpdates: 10_000,
        idleDocuments: 100,
        largeUpdateBytes: 1_000_000
    )

    /// As many sessions as there are files for both of their peers' connections.
    var sessionCount: Int { min(self.sessions, (self.openFiles - Self.otherFiles) / 2) }

    /// As many QUIC connections as there are files for.
    var quicConnectionCount: Int { min(self.quicConnections, self.openFiles - Self.otherFiles) }

    /// As many members as there are files for.
    var memberCount: Int { min(self.members, self.openFiles - Self.otherFiles) }

    /// How many of the many subscribers each of several servers gets, where all of them have theirs at once: fewer than
    /// ``idleReaders`` if the limit of open files leaves no more.
    func readers(ofEachOf servers: Int) -> Int {
        min(self.idleReaders, (self.openFiles - Self.otherFiles) / servers)
    }
}
