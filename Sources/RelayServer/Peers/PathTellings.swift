import RelaySessions
import RelayWire

/// What of each session the other relays were told, and what they have yet to be told. Pure.
struct PathTellings {
    private struct Telling {
        /// Bytes of all pairs and modes, as they were told.
        var bytes: Int64 = 0
        var at: Timestamp?
        var isDue = true
    }

    /// A way that is taken is told again so often: of a relay that does not the others know that it is gone.
    private static let refreshSeconds: Int64 = 20

    private var sessions: [SessionID: Telling] = [:]

    /// A pair of the session has come, gone, or takes another way.
    mutating func changed(_ session: SessionID) { self.sessions[session, default: Telling()].isDue = true }

    mutating func forget(_ session: SessionID) { self.sessions[session] = nil }

    /// Those of which there is news. They count as told: call ``changed(_:)`` where they were not.
    ///
    /// - Parameters:
    ///   - bytes: of a session, of all its pairs and modes.
    ///   - isTaken: whether some pair of a session has a way.
    mutating func take(
        at now: Timestamp,
        bytes: (SessionID) -> Int64,
        isTaken: (SessionID) -> Bool
    ) -> [SessionID] {
        var due: [SessionID] = []
        for (session, telling) in self.sessions {
            let sum = bytes(session)
            let isOld = telling.at.map { now >= $0.adding(seconds: Self.refreshSeconds) } ?? true
            guard telling.isDue || sum != telling.bytes || (isOld && isTaken(session)) else { continue }
            self.sessions[session] = Telling(bytes: sum, at: now, isDue: false)
            due.append(session)
        }
        return due
    }
}
