import Synchronization

/// The bandwidths of the sessions that carry anything now. A session that nobody uses is forgotten.
///
/// Owns the table, in a short `Mutex`: one look when an end of a tunnel opens.
public final class SessionBandwidths: Sendable {
    private struct Weak {
        weak var bandwidth: SharedBandwidth?
    }

    private struct Table {
        var sessions: [String: Weak] = [:]
        /// At so many entries those are taken out that nobody uses.
        var mostEntries = 64
    }

    private let bytesPerSecond: Int
    private let table = Mutex(Table())

    /// - Parameter bytesPerSecond: of each session, 1 or more.
    public init(bytesPerSecond: Int) {
        self.bytesPerSecond = bytesPerSecond
    }

    /// The same for everybody who asks while somebody holds it.
    public subscript(session: String) -> SharedBandwidth {
        self.table.withLock { table in
            if let known = table.sessions[session]?.bandwidth { return known }
            if table.sessions.count >= table.mostEntries {
                table.sessions = table.sessions.filter { $0.value.bandwidth != nil }
                table.mostEntries = max(64, 2 * table.sessions.count)
            }
            let new = SharedBandwidth(BandwidthLimit(bytesPerSecond: self.bytesPerSecond))
            table.sessions[session] = Weak(bandwidth: new)
            return new
        }
    }

    /// Sessions that are known, those among them that nobody uses any more included.
    public var count: Int { self.table.withLock { $0.sessions.count } }
}
