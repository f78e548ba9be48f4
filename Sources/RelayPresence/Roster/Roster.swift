import RelayCore
import RelayWire

/// Who is on a topic at one place of its presence stream, and what has changed before that place of late. A value: each word that is taken, in the
/// order of the stream, moves it on.
struct Roster {
    /// The ``TopicRecord/id`` of the topic whose words count; nil where there is none.
    private(set) var topic: String?
    /// The place: all words up to here are taken.
    private(set) var position: MessageID
    private(set) var members: [ConnectionID: PresenceMember] = [:]
    /// By how many connections each user is there.
    private var users: [UserID: Int] = [:]
    /// How many of them each relay has.
    private var membersByRelay: [RelayName: Int] = [:]
    /// What the members cost, see ``PresenceMember/cost``.
    private(set) var cost = 0
    private var log: RosterLog

    /// Nobody.
    init(of topic: String?, at position: MessageID = .zero) {
        self.topic = topic
        self.position = position
        self.log = RosterLog(floor: position)
    }

    /// What a stream says that was read as a whole. Nothing is known of what has changed before.
    ///
    /// - Parameters:
    ///   - words: in the stream's order.
    ///   - position: where it ended.
    init(of topic: String?, reading words: [PresenceWord], through position: MessageID) {
        self.init(of: topic, at: position)
        for word in words { self.take(word, at: position) }
        self.log = RosterLog(floor: position)
    }

    /// Those that have members.
    var relays: some Sequence<RelayName> { self.membersByRelay.keys }

    var counts: PresenceCounts { PresenceCounts(users: self.users.count, connections: self.members.count) }

    /// What holding it costs, bytes.
    var memoryCost: Int { self.cost + self.log.cost + self.log.count * Self.logEntryBytes }

    private static let logEntryBytes = 96
    /// Changes of less are not worth a look at what the whole would cost, bytes.
    static let smallCost = 16 << 10

    /// In the order of their connections' ids.
    var sorted: [PresenceMember] {
        self.members.values.sorted {
            $0.connection.rawValue.utf8.lexicographicallyPrecedes($1.connection.rawValue.utf8)
        }
    }

    // MARK: Moving on

    /// Takes the next word of the stream.
    mutating func take(_ word: PresenceWord, at id: MessageID) {
        self.pass(to: id)
        guard let topic = self.topic, word.topic == topic else { return }
        switch word.content {
        case .here(let member): self.put(member, at: id)
        case .gone: self.remove(word.connection, at: id)
        }
    }

    /// Up to there the stream has no more words than those that were taken.
    mutating func pass(to id: MessageID) { self.position = max(self.position, id) }

    /// Becomes what another one says that was read anew: whoever knows this one is told the differences. Nobody is on a topic that does not exist,
    /// so one that is made goes on from there.
    ///
    /// - Returns: false, with nothing changed, where it can't go on from this one: it is of another topic, or not of a later place.
    mutating func becomes(_ other: Roster) -> Bool {
        let place = other.position
        guard other.topic == self.topic || self.topic == nil,
            place > self.position || place == self.position && other.members == self.members
        else { return false }
        self.topic = other.topic
        for connection in self.members.keys.filter({ other.members[$0] == nil }) { self.remove(connection, at: place) }
        for member in other.members.values { self.put(member, at: place) }
        self.pass(to: place)
        return true
    }

    private mutating func put(_ member: PresenceMember, at id: MessageID) {
        let before = self.members.updateValue(member, forKey: member.connection)
        // A relay says again what is about to expire: that is no news.
        guard before != member else { return }
        self.count(before, -1)
        self.count(member, 1)
        self.log.note(member.connection, wasThere: before != nil, left: nil, at: id)
        self.shrinkLog()
    }

    private mutating func remove(_ connection: ConnectionID, at id: MessageID) {
        guard let member = self.members.removeValue(forKey: connection) else { return }
        self.count(member, -1)
        self.log.note(connection, wasThere: true, left: member, at: id)
        self.shrinkLog()
    }

    /// More changes than the whole are not worth keeping: whoever would need them is shown the whole.
    private mutating func shrinkLog() {
        self.log.shrink(toCount: max(512, 2 * self.members.count), cost: max(Self.smallCost, self.cost))
    }

    private mutating func count(_ member: PresenceMember?, _ sign: Int) {
        guard let member else { return }
        self.cost += sign * member.cost
        let connections = self.users[member.user, default: 0] + sign
        self.users[member.user] = connections > 0 ? connections : nil
        let there = self.membersByRelay[member.relay, default: 0] + sign
        self.membersByRelay[member.relay] = there > 0 ? there : nil
    }

    // MARK: What has changed

    /// What who knew the roster as it was at a place is to be told, so as to know it as it is.
    ///
    /// - Returns: nil where that is not known any more. Empty where it is the same.
    func changes(after id: MessageID) -> [PresenceChange]? {
        self.log.touched(after: id)?.compactMap { touch in
            switch (touch.wasThere, self.members[touch.connection]) {
            case (false, let member?): .join(member)
            case (true, let member?): .update(member)
            case (true, nil): touch.left.map { .leave($0) }
            case (false, nil): nil
            }
        }
    }
}
