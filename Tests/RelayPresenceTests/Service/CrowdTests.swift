import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayPresence

@Suite("A topic with many members", .timeLimit(.minutes(2)))
struct CrowdTests {
    private static let size = 400

    @Test("all come back at once: every view is exact in the end, and none has cost more than three rosters")
    func comingBack() async throws {
        try await PresenceStage.run { stage in
            let relay = try await stage.lonelyRelay(loops: 2)
            try await stage.makeTopic(at: relay)
            let before = try await Self.come("old", to: relay)
            // Those who come back watch from the first moment on.
            async let after = Self.come("new", to: relay)
            for client in before { try await client.close() }
            let clients = try await after
            let names = Set(clients.map { ConnectionID.named($0.name) })
            for client in clients {
                try await until("\(client.name) sees all") { try await Set(client.view.keys) == names }
            }
            let roster = try await relay.service.roster(of: PresenceStage.news, as: .relay)
            #expect(Set(roster.members.map(\.connection)) == names)
            let cost = roster.members.reduce(0) { $0 + $1.cost }
            for client in clients {
                let bytes = try await client.bytes
                #expect(bytes <= 3 * cost, "\(client.name) was sent \(Double(bytes) / Double(cost)) rosters")
            }
        }
    }

    private static func come(_ name: String, to relay: StageRelay) async throws -> [StageClient] {
        try await withThrowingTaskGroup(of: StageClient.self) { tasks in
            for number in 0..<self.size {
                tasks.addTask {
                    let user = Principal.user("user-\(number / 2)")
                    let client = try await StageClient("\(name)-\(number)", user, at: relay, loop: number % 2)
                    try await client.join("{\"name\":\"somebody\",\"number\":\(number)}")
                    return client
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }
}
