import NIOCore
import NIOPosix

/// The members of one topic, who watch each other, all come anew within ten seconds: what that takes for each of them, and whether each then knows
/// just those who are there.
struct PresenceScenario: Scenario {
    let name = "presence"

    func run(on bench: Bench) async -> [Row] {
        let count = bench.sizes.memberCount
        let measured = await bench.compare(
            [Contender(key: ServerKind.relay, kind: .relay) { try await PresenceRig(bench, server: $0) }],
            rounds: 1
        )
        return [
            Row(
                "Presence: \(count) members come anew in \(PresenceRig.seconds) s, most for one",
                unit: "rosters",
                figures: Figures(relay: measured.median(.rosters, of: .relay)),
                baseline: "-",
                must: .relay(atMost: 3),
                remarks: measured.remarks
            ),
            Row(
                "Presence: from the last who comes until all know all",
                unit: "ms",
                figures: Figures(relay: measured.median(.agreementTime, of: .relay)),
                baseline: "-"
            ),
        ]
    }
}

private struct PresenceRig: Rig {
    static let seconds = 10
    private static let patience = Duration.seconds(60)

    private let bench: Bench
    private let server: Server
    private let count: Int
    private let topic = "presence"
    private let log: PresenceLog
    private let members: PresenceMembers

    init(_ bench: Bench, server: Server) async throws {
        self.bench = bench
        self.server = server
        self.count = bench.sizes.memberCount
        let log = PresenceLog(self.count)
        self.log = log
        self.members = PresenceMembers()
        let (rig, members) = (self, self.members)
        _ = try await bench.client.many(self.count) { number in
            await members.put(try await rig.join(number), number)
        }
        _ = try await self.agreement()
    }

    private func join(_ number: Int) async throws -> PresenceMembers.Member {
        let joined = self.bench.client.group.next().makePromise(of: String.self)
        let (dialect, topic, log) = (self.server.dialect, self.topic, self.log)
        let channel = try await Crowd.join(self.server, from: self.bench.client, index: number, joined: joined) {
            SocketHandler(
                dialect: dialect,
                PresenceTalk(dialect, topic: topic, number: number, log: log, joined: joined)
            )
        }
        return PresenceMembers.Member(channel: channel, connection: try await joined.futureResult.get())
    }

    /// - Returns: how long it took until all knew just those who are there.
    private func agreement() async throws -> Duration {
        let there = PresenceReading(of: await self.members.connections)
        let start = ContinuousClock.now
        while true {
            let agreeing = self.log.count(knowing: there)
            guard agreeing < self.count else { return ContinuousClock.now - start }
            guard ContinuousClock.now - start < Self.patience else {
                throw LoadError.deliveriesMissing(arrived: agreeing, expected: self.count)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    func measure() async throws -> [Metric: Double] {
        _ = self.log.takeMostBytes()
        let roster = try await self.rosterBytes()
        try await self.comeAnew()
        let time = try await self.agreement()
        return [
            .rosters: Double(self.log.takeMostBytes()) / Double(roster),
            .agreementTime: Double(time.components.seconds) * 1_000 + Double(time.components.attoseconds) / 1e15,
        ]
    }

    /// What one more member is told who comes when all are there, and goes again.
    private func rosterBytes() async throws -> Int {
        let log = PresenceLog(1)
        let joined = self.bench.client.group.next().makePromise(of: String.self)
        let (dialect, topic) = (self.server.dialect, self.topic)
        let channel = try await Crowd.join(self.server, from: self.bench.client, index: 0, joined: joined) {
            SocketHandler(dialect: dialect, PresenceTalk(dialect, topic: topic, number: 0, log: log, joined: joined))
        }
        _ = try await joined.futureResult.get()
        try await channel.close().get()
        _ = try await self.agreement()
        _ = self.log.takeMostBytes()
        return max(1, log.takeMostBytes())
    }

    /// All, in no order, evenly over the time.
    private func comeAnew() async throws {
        let (rig, members) = (self, self.members)
        let order = (0..<self.count).shuffled()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (place, number) in order.enumerated() {
                tasks.addTask {
                    try await Task.sleep(until: start + .seconds(Self.seconds) * place / rig.count, clock: .continuous)
                    try await members.remove(number)?.channel.close().get()
                    await members.put(try await rig.join(number), number)
                }
            }
            try await tasks.waitForAll()
        }
    }

    func tearDown() async {
        for member in await self.members.all { try? await member.channel.close().get() }
    }
}

/// Who is on the topic now.
private actor PresenceMembers {
    struct Member: Sendable {
        let channel: any Channel
        /// Its id.
        let connection: String
    }

    private var members: [Int: Member] = [:]

    func put(_ member: Member, _ number: Int) { self.members[number] = member }

    func remove(_ number: Int) -> Member? { self.members.removeValue(forKey: number) }

    var all: [Member] { Array(self.members.values) }
    var connections: [String] { self.members.values.map(\.connection) }
}
