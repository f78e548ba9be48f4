import NIOCore
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayPresence

@Suite("Readings of who is there", .timeLimit(.minutes(1)))
struct RosterReadingsTests {
    private static func subject(_ number: Int) -> RosterReadings.Subject {
        RosterReadings.Subject(part: PresenceTopic.key(of: PresenceStage.news), topic: "\(number)")
    }

    /// Counts readings, and lets none end before it is told so.
    private final class Source: Sendable {
        private let state = Mutex((begun: 0, most: 0, underWay: 0, isOpen: false))

        var begun: Int { self.state.withLock { $0.begun } }
        var most: Int { self.state.withLock { $0.most } }

        func open() { self.state.withLock { $0.isOpen = true } }

        func read() async -> RosterReadings.Outcome {
            let number = self.state.withLock { state in
                state.begun += 1
                state.underWay += 1
                state.most = max(state.most, state.underWay)
                return state.begun
            }
            while !self.state.withLock(\.isOpen) { try? await Task.sleep(for: .milliseconds(1)) }
            self.state.withLock { $0.underWay -= 1 }
            return .success(
                PresenceRoster(members: [], counts: PresenceCounts(), cursor: .after(.at(number)))
            )
        }
    }

    @Test("who asks while one is under way is told, with all who wait, what the next one finds")
    func shared() async throws {
        let (readings, source) = (RosterReadings(), Source())
        let cursors = try await withThrowingTaskGroup(of: Cursor.self) { tasks in
            tasks.addTask { try await readings.read(Self.subject(0)) { await source.read() }.get().cursor }
            try await until("one is under way") { source.begun == 1 }
            for _ in 0..<50 {
                tasks.addTask { try await readings.read(Self.subject(0)) { await source.read() }.get().cursor }
            }
            try await until("all wait") { readings.waiting(at: Self.subject(0)) == 50 }
            source.open()
            return try await tasks.reduce(into: [Cursor]()) { $0.append($1) }
        }
        #expect(source.begun == 2)
        #expect(cursors.filter { $0 == .after(.at(1)) }.count == 1)
        #expect(cursors.filter { $0 == .after(.at(2)) }.count == 50)
        // Nothing is left behind: the next one reads by itself.
        _ = await readings.read(Self.subject(0)) { await source.read() }
        #expect(source.begun == 3)
    }

    @Test("no more than so many are under way at once, and each has its turn")
    func bounded() async throws {
        let (readings, source) = (RosterReadings(limit: 3), Source())
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<20 {
                tasks.addTask { _ = try await readings.read(Self.subject(number)) { await source.read() }.get() }
            }
            try await until("some are under way") { source.begun == 3 }
            source.open()
            try await tasks.waitForAll()
        }
        #expect(source.begun == 20 && source.most == 3)
    }

    @Test("what is read and handed out is charged, and nothing is held of a topic that falls quiet")
    func charged() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay()
            try await stage.makeTopic(at: relay)
            let member = try await StageClient("member", at: relay)
            try await member.join("\"\(String(repeating: "x", count: 60 << 10))\"")
            try await until("it is told") { try await member.names == ["member"] }
            try await until("no hand-out is held") { relay.memory.bytes(in: .presence) < 130 << 10 }
            let before = relay.memory.bytes(in: .presence)
            let encoded = try await member.encodedRoster()
            #expect(encoded > 60 << 10)
            #expect(relay.memory.bytes(in: .presence) >= before + encoded)
            try await until("no hand-out is held") { relay.memory.bytes(in: .presence) == before }
            #expect(try await stage.stored(at: relay) == ["member"])
            #expect(relay.memory.bytes(in: .presence) == before)
            try await member.leave()
            try await member.close()
            try await until("nobody is there") { relay.service.figures.members == 0 }
            for loop in relay.loops { try await loop.stop() }
            #expect(relay.memory.bytes(in: .presence) == 0)
        }
    }
}
