import RelayCore
import RelayWire
import SeededRandom

/// A page of history that a client asks one of several relays for, and what the stream had when it did.
struct AskedHistory: Sendable {
    private let world: SharedWorld
    private let order: Broker.Order
    private let cursor: Cursor
    private let limit: Int
    /// What was stored by then.
    private let had: [Message]

    init(of world: SharedWorld, _ random: inout SeededGenerator) {
        self.world = world
        self.had = world.log.messages
        self.order = random.chance(50) ? .ascending : .descending
        let id = random.chance(50) ? self.had.randomElement(using: &random)?.id : self.had.last?.id
        self.cursor = random.chance(40) ? .oldest : id.map(Cursor.after) ?? .oldest
        self.limit = random.chance(50) ? Int.random(in: 1...6, using: &random) : 1_000
    }

    /// - Returns: what is wrong with the page; nil if nothing is, or there is none.
    func read(_ broker: Broker) async -> String? {
        guard
            let page = try? await broker.history(
                of: self.world.key,
                self.order,
                cursor: self.cursor,
                limit: self.limit,
                as: .olga
            ).messages
        else { return nil }
        let log = self.world.log
        let ids = page.map(\.id)
        guard zip(ids, ids.dropFirst()).allSatisfy({ self.comes($0, before: $1) }) else {
            return "not in order: \(ids)"
        }
        let shown = Set(page.compactMap(\.number))
        let kept = Set(log.messages.compactMap(\.number))
        // A page also ends where its stream has lost something; the next one tells of that.
        let isTheLast = page.count < self.limit && (ids.isEmpty || log.bounds.epoch.holes.isEmpty)
        let missing = self.had.filter { message in
            guard let number = message.number, kept.contains(number), !shown.contains(number) else { return false }
            return self.isWanted(message.id)
                && (isTheLast || ids.last.map { self.comes(message.id, before: $0) } ?? true)
        }
        guard !missing.isEmpty else { return nil }
        return
            "history \(self.order) after \(self.cursor), \(self.limit) at most, has \(ids) without \(missing.map(\.id))"
    }

    private func isWanted(_ id: MessageID) -> Bool {
        switch (self.order, self.cursor) {
        case (.descending, .oldest): true
        case (_, let cursor): self.comes(cursor.id, before: id)
        }
    }

    private func comes(_ id: MessageID, before other: MessageID) -> Bool {
        switch self.order {
        case .ascending: id < other
        case .descending: id > other
        }
    }
}
