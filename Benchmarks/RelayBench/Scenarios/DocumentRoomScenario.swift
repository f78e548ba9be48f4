import NIOCore
import Synchronization

/// One document that 50 clients have open, beside y-websocket's server: what it costs to bring an update to one of them, the sender included.
///
/// Once with one person who types 50 letters a second: each letter goes out alone. Once with ten who type at the same place, and whose letters
/// are due at the same moments: the relay merges what it has read at a time into one message, which clients integrate at the price of one. What
/// is counted is the same for both, updates that were sent times clients that got them, in however few messages.
///
/// Beside that a bare SwiftNIO program that passes what it reads on to all, unread and unstored: what the system alone takes for it.
struct DocumentRoomScenario: Scenario {
    let name = "documents-room"
    private static let members = 50
    private static let writers = 10

    func run(on bench: Bench) async -> [Row] {
        let title = "document of \(Self.members) clients"
        let one = await Self.rows("\(title), one writes", writers: 1, must: 0.3, on: bench)
        let many = await Self.rows(
            "\(title), \(Self.writers) write at one place",
            writers: Self.writers,
            must: 0.1,
            on: bench
        )
        return one + many
    }

    private static func rows(_ title: String, writers: Int, must: Double, on bench: Bench) async -> [Row] {
        let measured = await bench.compare(
            Contender.each([.relay, .yWebsocket, .bare]) { server in
                try await DocumentRoomRig(bench, server: server, members: Self.members, writers: writers)
            }
        )
        let unit = "us CPU/update delivered"
        return [
            Row(
                title,
                unit: unit,
                figures: Figures(
                    relay: measured.median(.cpuPerDelivery, of: .relay),
                    bare: measured.median(.cpuPerDelivery, of: .yWebsocket),
                    ratio: measured.ratio(.cpuPerDelivery, of: .relay, to: .yWebsocket)
                ),
                baseline: "y-websocket",
                must: .ratio(atMost: must),
                remarks: measured.remarks
            ),
            Row("\(title), passed on alone", unit: unit, figures: measured.figures(.cpuPerDelivery)),
        ]
    }
}

private struct DocumentRoomRig: Rig {
    private let server: Server
    private let sizes: Sizes
    private let crowd: DocumentCrowd
    private let typists: Typists

    init(_ bench: Bench, server: Server, members: Int, writers: Int) async throws {
        self.server = server
        self.sizes = bench.sizes
        self.typists = Typists(writers)
        self.crowd = try await DocumentCrowd(members, of: server, from: bench.client) { _ in "bench" }
        try await self.write(times: bench.sizes.pacedRate)
    }

    func measure() async throws -> [Metric: Double] {
        let before = ProcessUsage.of(self.server.process)
        let deliveries = try await self.write(times: self.sizes.pacedRate * self.sizes.pacedSeconds)
        let after = ProcessUsage.of(self.server.process)
        return [.cpuPerDelivery: (after.cpuMicroseconds - before.cpuMicroseconds) / Double(deliveries)]
    }

    func tearDown() async { await self.crowd.close() }

    /// Each writer writes a letter so often. Returns when everybody has all of them.
    @discardableResult private func write(times: Int) async throws -> Int {
        let frames = (0..<times).map { _ in
            self.typists.next().map { ClientFrame.binary(DocumentSpeech.update($0)) }
        }
        let deliveries = times * (frames.first?.count ?? 0) * self.crowd.members.count
        let (crowd, members) = (self.crowd, self.crowd.members)
        try await crowd.receive(deliveries) {
            try await crowd.pace(times, rate: self.sizes.pacedRate) { time in
                for (member, frame) in zip(members, frames[time]) {
                    member.channel.writeAndFlush(frame, promise: nil)
                }
            }
        }
        return deliveries
    }
}

/// Clients who write a letter each, over and over.
final class Typists: Sendable {
    private let writers: Mutex<[DocumentWriter]>

    init(_ count: Int) {
        self.writers = Mutex((0..<count).map { DocumentWriter(client: 1_000_000_000 + UInt32($0)) })
    }

    /// The next update of each.
    func next() -> [[UInt8]] {
        self.writers.withLock { writers in writers.indices.map { writers[$0].type("x") } }
    }

    /// The next update of one of them, with these letters.
    func next(_ writer: Int, _ letters: String) -> [UInt8] {
        self.writers.withLock { $0[writer].type(letters) }
    }
}
