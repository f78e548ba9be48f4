import NIOCore

/// Connections that are over, for as long as packets for them may come: else these would be answered by a reset (RFC 9000 section 10.2).
struct EndedConnections {
    /// One of them. Its ids lead to it.
    final class Ended {
        fileprivate let ids: Set<ConnectionID>
        fileprivate let until: NIODeadline
        /// What the peer was told; nil where it was it that ended the connection.
        private let farewell: ByteBuffer?
        private let path: Transport.Path
        private var received = 0

        fileprivate init(_ ids: Set<ConnectionID>, until: NIODeadline, farewell: ByteBuffer?, path: Transport.Path) {
            self.ids = ids
            self.until = until
            self.farewell = farewell
            self.path = path
        }

        /// A packet has come for it.
        ///
        /// - Parameter size: of the datagram, bytes.
        /// - Returns: what to say again: ever more seldom, so that two that do the same come to rest; and never more than three times what came, since
        ///   the peer may not have proved where it is.
        func answer(to size: Int, on path: Transport.Path) -> ByteBuffer? {
            guard let farewell, farewell.readableBytes <= 3 * size, path == self.path else { return nil }
            self.received += 1
            return self.received.nonzeroBitCount == 1 ? farewell : nil
        }
    }

    private let most: Int
    private var all = CircularBuffer<Ended>()

    /// - Parameter most: how many are kept.
    init(most: Int) {
        self.most = most
    }

    /// When the first of them can go; nil where there is none.
    var next: NIODeadline? { self.all.first?.until }

    /// - Returns: the ended connection, and the ids of those that give way to it.
    mutating func add(
        _ ids: Set<ConnectionID>,
        until: NIODeadline,
        farewell: ByteBuffer?,
        path: Transport.Path
    ) -> (Ended, gone: [ConnectionID]) {
        var gone: [ConnectionID] = []
        while self.all.count >= max(1, self.most) { gone += self.all.removeFirst().ids }
        let ended = Ended(ids, until: until, farewell: farewell, path: path)
        self.all.append(ended)
        return (ended, gone)
    }

    /// - Returns: the ids of those whose time is over. They go in the order in which they came.
    mutating func expired(at now: NIODeadline) -> [ConnectionID] {
        var gone: [ConnectionID] = []
        while let first = self.all.first, first.until <= now { gone += self.all.removeFirst().ids }
        return gone
    }
}
