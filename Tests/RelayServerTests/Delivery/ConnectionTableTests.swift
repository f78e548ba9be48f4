import NIOCore
import Testing

@testable import RelayServer

@Suite("The connections of a loop")
struct ConnectionTableTests {
    private let connections = (0..<5).map { _ in TickedConnection() }

    private func table() -> ConnectionTable {
        var table = ConnectionTable()
        for connection in self.connections { table.add(connection) }
        return table
    }

    private static func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    /// As a loop goes over them.
    private func tick(_ table: inout ConnectionTable, at now: NIODeadline, _ body: (TickedConnection) -> NIODeadline) {
        var end = table.end
        while let (place, found) = table.due(at: now, below: end) {
            guard let connection = found as? TickedConnection else { return }
            _ = connection.tick(now)
            table.rest(connection, at: place, until: body(connection))
            end = place
        }
    }

    @Test("each is found once, and one that rests is not before its time has come, or it was woken")
    func rests() {
        var table = self.table()
        self.tick(&table, at: Self.at(1)) { $0 === self.connections[2] ? Self.at(1) : Self.at(5) }
        #expect(self.connections.map(\.ticks) == [1, 1, 1, 1, 1])
        table.wake(self.connections[4])
        self.tick(&table, at: Self.at(2)) { _ in Self.at(5) }
        #expect(self.connections.map(\.ticks) == [1, 1, 2, 1, 2])
        self.tick(&table, at: Self.at(5)) { _ in Self.at(9) }
        #expect(self.connections.map(\.ticks) == [2, 2, 3, 2, 3])
    }

    @Test("all are named in portions, and found by their names until they leave", arguments: 1...6)
    func names(_ most: Int) {
        var table = self.table()
        var (names, end): ([ConnectionName], Int) = ([], .max)
        repeat {
            let portion = table.names(below: end, most: most)
            names += portion.names
            end = portion.end
        } while end > 0
        #expect(names.map(\.number).sorted() == [1, 2, 3, 4, 5])
        for name in names { #expect(table.find(name).map { ObjectIdentifier($0.connection) } == name.id) }
        table.remove(self.connections[1])
        table.add(self.connections[1])
        let old = names.first { $0.id == ObjectIdentifier(self.connections[1]) }
        #expect(old.map { table.find($0) == nil } == true)
    }

    @Test("those that leave while the others are looked at take nobody else's turn or rest", arguments: 0..<5, 0..<5)
    func leaving(_ during: Int, _ leaver: Int) {
        var table = self.table()
        var isGone = false
        var end = table.end
        while let (place, found) = table.due(at: Self.at(1), below: end) {
            guard let connection = found as? TickedConnection else { return }
            _ = connection.tick(Self.at(1))
            if connection === self.connections[during] {
                table.remove(self.connections[leaver])
                isGone = true
            }
            table.rest(connection, at: place, until: Self.at(5))
            end = place
        }
        #expect(isGone)
        for (number, connection) in self.connections.enumerated() where number != leaver {
            #expect(connection.ticks == 1, "\(number)")
            #expect(table[ObjectIdentifier(connection)] === connection)
        }
        #expect(table[ObjectIdentifier(self.connections[leaver])] == nil)
        // Whoever was moved keeps what it said.
        for connection in self.connections { connection.ticks = 0 }
        self.tick(&table, at: Self.at(2)) { _ in Self.at(5) }
        #expect(self.connections.allSatisfy { $0.ticks == 0 })
        self.tick(&table, at: Self.at(5)) { _ in Self.at(9) }
        #expect(self.connections.filter { $0.ticks > 0 }.count == 4)
    }

    @Test("who is added twice has one place")
    func twice() {
        var table = self.table()
        table.add(self.connections[0])
        #expect(table.all.count == 5)
        table.remove(self.connections[0])
        table.remove(self.connections[0])
        #expect(table.all.count == 4)
    }
}
