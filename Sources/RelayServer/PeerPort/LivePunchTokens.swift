import NIOCore

/// The tokens in force, by session. A punch request shows only its token and its session, so what it is for is kept here meanwhile.
struct LivePunchTokens {
    private struct Entry {
        let token: String
        let end: NIODeadline
    }

    /// How many are kept at the most, of all sessions. Beyond it none is taken until some have ended.
    let limit: Int
    /// Of one session, so that none takes them all.
    static let limitOfSession = 512
    private(set) var count = 0
    private var sessions: [String: [Entry]] = [:]
    private var sweptAt = NIODeadline.uptimeNanoseconds(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: whether there was room.
    mutating func insert(_ token: String, of session: String, until end: NIODeadline, at now: NIODeadline) -> Bool {
        if self.count >= self.limit || now - self.sweptAt >= .seconds(1) { self.sweep(at: now) }
        guard self.count < self.limit, self.sessions[session]?.count ?? 0 < Self.limitOfSession else { return false }
        self.sessions[session, default: []].append(Entry(token: token, end: end))
        self.count += 1
        return true
    }

    func has(_ token: String, of session: String, at now: NIODeadline) -> Bool {
        self.sessions[session]?.contains { $0.end > now && Self.areEqual($0.token, token) } ?? false
    }

    /// The time that it takes tells nothing of where two tokens differ.
    private static func areEqual(_ first: String, _ second: String) -> Bool {
        first.utf8.count == second.utf8.count && zip(first.utf8, second.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private mutating func sweep(at now: NIODeadline) {
        self.sweptAt = now
        self.sessions = self.sessions.compactMapValues { entries in
            let live = entries.filter { $0.end > now }
            return live.isEmpty ? nil : live
        }
        self.count = self.sessions.values.reduce(0) { $0 + $1.count }
    }
}
