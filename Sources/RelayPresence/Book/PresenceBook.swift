import DequeModule
import RelayCore
import RelayWire

/// The members of this relay on one topic: who they are, and what of that is stored. A value that decides what to write next; one write is under
/// way at most.
///
/// What is wanted is the truth. A write that fails is done again until what is stored says the same. What a client was told has failed is not
/// wanted any more.
struct PresenceBook<Ticket: Sendable>: Sendable {
    /// What the stream says of a connection.
    private enum Stored: Sendable {
        /// It never said anything that counts.
        case nothing
        /// The member, by the message with this id; nil where the store gave none.
        case word(PresenceMember, MessageID?)
        /// A write broke off, or somebody else has written.
        case unknown
    }

    private struct Entry: Sendable {
        /// Nil for who is to leave.
        var wanted: PresenceMember?
        var stored = Stored.nothing
        /// As its client knows it to be stored.
        var told: PresenceMember?
        /// Wait for the next write of the entry.
        var waiting: [Ticket] = []
        /// Wait for the write that is under way.
        var underWay: [Ticket] = []
        var isUnderWay = false
        /// What the write under way has stored up to there is gone, or may be.
        var doubtedThrough: MessageID?

        var isSettled: Bool {
            switch (self.wanted, self.stored) {
            case (nil, .nothing): true
            case (let member?, .word(let stored, _)): member == stored
            default: false
            }
        }
    }

    /// What is written of one connection; nil takes it off.
    struct Line: Equatable, Sendable {
        let connection: ConnectionID
        let member: PresenceMember?
    }

    /// What became of tickets.
    struct Settled: Sendable {
        var done: [(Ticket, PresenceMember)] = []
        var failed: [Ticket] = []
        /// Entries that are no more.
        var removed: [ConnectionID] = []
        /// Members of which nothing is held but what is stored.
        var resting: [PresenceMember] = []
    }

    private var entries: [ConnectionID: Entry] = [:]
    /// Those to be written, in the order in which they came to be.
    private var dirty: Deque<ConnectionID> = []
    private var isDirty: Set<ConnectionID> = []
    /// What is under way; empty where nothing is.
    private(set) var writing: [Line] = []
    /// No stored word has an earlier id. Kept so that a look whether one is lost costs nothing while none is.
    private var oldestStored = MessageID.max
    /// Changes that never had to be written, so far.
    private(set) var coalesced = 0

    var isEmpty: Bool { self.entries.isEmpty }

    /// Entries, those that only have to be taken off among them.
    var count: Int { self.entries.count }

    var hasToWrite: Bool { !self.dirty.isEmpty && self.writing.isEmpty }

    /// Who is a member, or is about to be.
    func member(_ connection: ConnectionID) -> PresenceMember? { self.entries[connection]?.wanted }

    var connections: [ConnectionID] { Array(self.entries.keys) }

    // MARK: What clients want

    /// Puts a member in, or changes it.
    ///
    /// - Parameter ticket: is settled once that is stored.
    mutating func put(_ member: PresenceMember, ticket: Ticket) {
        var entry = self.entries[member.connection] ?? Entry()
        if !entry.waiting.isEmpty { self.coalesced += 1 }
        entry.wanted = member
        entry.waiting.append(ticket)
        self.entries[member.connection] = entry
        self.touch(member.connection)
    }

    /// Takes a member off.
    ///
    /// - Returns: the member that there was, tickets that come to nothing by it, and whether the entry is gone at once, as nothing of it was
    ///   written.
    mutating func remove(_ connection: ConnectionID) -> (member: PresenceMember?, void: [Ticket], isGone: Bool) {
        guard var entry = self.entries[connection], let member = entry.wanted else { return (nil, [], false) }
        let void = entry.waiting
        entry.waiting = []
        entry.wanted = nil
        entry.told = nil
        if !void.isEmpty { self.coalesced += 1 }
        if entry.isSettled, !entry.isUnderWay {
            self.forget(connection)
            return (member, void, true)
        }
        self.entries[connection] = entry
        self.touch(connection)
        return (member, void, false)
    }

    // MARK: What the stream says

    /// The stream was read as a whole: these are the members of this relay that it has up to a place. What differs is written again.
    /// Members that nobody here knows are taken off.
    mutating func compare(with members: [PresenceMember], at place: MessageID) {
        let stored = Dictionary(members.map { ($0.connection, $0) }, uniquingKeysWith: { first, _ in first })
        for (connection, entry) in self.entries {
            if entry.isUnderWay {
                if stored[connection] != entry.wanted { self.doubt(connection, through: place) }
            } else if case .word(let member, let id) = entry.stored, id ?? .zero <= place, stored[connection] != member
            {
                self.doubt(connection, through: place)
            }
        }
        for connection in stored.keys where self.entries[connection] == nil {
            self.entries[connection] = Entry(stored: .unknown)
            self.touch(connection)
        }
    }

    /// Another relay has taken a member off.
    ///
    /// - Parameter id: of its message.
    mutating func wasRemoved(_ connection: ConnectionID, at id: MessageID) {
        guard let entry = self.entries[connection], entry.wanted != nil || entry.isUnderWay else { return }
        if case .word(_, let own?) = entry.stored, own > id { return }
        self.doubt(connection, through: id)
    }

    /// The stream has lost what was stored up to a place, or is about to.
    mutating func lost(through id: MessageID) {
        guard self.oldestStored <= id || !self.writing.isEmpty else { return }
        self.oldestStored = .max
        for (connection, entry) in self.entries {
            if entry.isUnderWay {
                self.doubt(connection, through: id)
            } else if case .word(_, let own) = entry.stored {
                if own ?? .zero <= id {
                    self.doubt(connection, through: id)
                } else {
                    self.noteStored(own)
                }
            }
        }
    }

    private mutating func noteStored(_ id: MessageID?) { self.oldestStored = min(self.oldestStored, id ?? .zero) }

    /// What was stored of a connection up to a place may be gone.
    private mutating func doubt(_ connection: ConnectionID, through id: MessageID) {
        guard var entry = self.entries[connection] else { return }
        if entry.isUnderWay {
            entry.doubtedThrough = max(id, entry.doubtedThrough ?? .zero)
        } else {
            entry.stored = .unknown
            self.touch(connection)
        }
        self.entries[connection] = entry
    }

    private mutating func touch(_ connection: ConnectionID) {
        if self.isDirty.insert(connection).inserted { self.dirty.append(connection) }
    }

    private mutating func forget(_ connection: ConnectionID) {
        self.entries[connection] = nil
        // It stays in line, where it is passed over.
    }

    // MARK: Writing

    /// Begins the next write.
    ///
    /// - Parameters:
    ///   - maxLines: of it.
    ///   - maxBytes: after so much, by what its members cost, it ends; never before its first line.
    /// - Returns: nothing where there is nothing to write, or a write is under way.
    mutating func beginWrite(maxLines: Int, maxBytes: Int) -> [Line] {
        guard self.writing.isEmpty else { return [] }
        var bytes = 0
        while self.writing.count < maxLines, bytes < maxBytes, let connection = self.dirty.popFirst() {
            self.isDirty.remove(connection)
            guard var entry = self.entries[connection], !entry.isSettled || !entry.waiting.isEmpty else { continue }
            entry.isUnderWay = true
            entry.underWay = entry.waiting
            entry.waiting = []
            self.writing.append(Line(connection: connection, member: entry.wanted))
            self.entries[connection] = entry
            bytes += entry.wanted?.cost ?? 0
        }
        return self.writing
    }

    /// The write under way is stored.
    ///
    /// - Parameter ids: of the lines, in their order; nil for one that the store gave none.
    mutating func wrote(_ ids: [MessageID?]) -> Settled {
        var settled = Settled()
        for (line, id) in zip(self.writing, ids) {
            guard var entry = self.entries[line.connection] else { continue }
            entry.isUnderWay = false
            entry.stored = line.member.map { .word($0, id) } ?? .nothing
            if line.member != nil { self.noteStored(id) }
            if let through = entry.doubtedThrough, line.member != nil, id ?? .zero <= through {
                entry.stored = .unknown
            }
            entry.doubtedThrough = nil
            if let member = line.member {
                settled.done += entry.underWay.map { ($0, member) }
                if entry.wanted != nil { entry.told = member }
            }
            entry.underWay = []
            self.keep(entry, of: line.connection, &settled)
        }
        self.writing = []
        return settled
    }

    /// The write under way has failed.
    ///
    /// - Parameter mayBeStored: whether it may have happened all the same.
    mutating func failed(mayBeStored: Bool) -> Settled {
        var settled = Settled()
        for line in self.writing {
            guard var entry = self.entries[line.connection] else { continue }
            entry.isUnderWay = false
            if mayBeStored || entry.doubtedThrough != nil { entry.stored = .unknown }
            entry.doubtedThrough = nil
            settled.failed += entry.underWay
            // What its client is told has failed is taken back, unless something else is wanted by now.
            if !entry.underWay.isEmpty, entry.waiting.isEmpty, entry.wanted == line.member { entry.wanted = entry.told }
            entry.underWay = []
            self.keep(entry, of: line.connection, &settled)
        }
        self.writing = []
        return settled
    }

    private mutating func keep(_ entry: Entry, of connection: ConnectionID, _ settled: inout Settled) {
        guard entry.wanted != nil || !entry.isSettled else {
            self.forget(connection)
            return settled.removed.append(connection)
        }
        self.entries[connection] = entry
        if !entry.isSettled || !entry.waiting.isEmpty {
            self.touch(connection)
        } else if let member = entry.wanted {
            settled.resting.append(member)
        }
    }

    /// The topic is no more, and with it all that was said there.
    mutating func clear() -> Settled {
        var settled = Settled()
        for (connection, entry) in self.entries {
            settled.failed += entry.underWay + entry.waiting
            settled.removed.append(connection)
        }
        self.entries = [:]
        self.dirty = []
        self.isDirty = []
        self.writing = []
        return settled
    }
}
