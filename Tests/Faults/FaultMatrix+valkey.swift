import Foundation
import NIOHTTP1
import Testing
import ValkeyFixture

/// The server ends, or stops for a while.
extension FaultMatrix {
    private static let everySecond = ValkeyServerOptions(arguments: [
        "--appendonly", "yes", "--appendfsync", "everysec",
    ])

    @Test("3. Valkey is restarted, with all its data")
    func valkeyRestarted() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove()
            try await stage.valkey.restart()
            try await stage.published(50)
            try await stage.expectHeld(proof)
        }
    }

    @Test("4a. Valkey with appendfsync always is killed twice: nothing that was acknowledged is gone")
    func valkeyKilled() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove()
            for _ in 0..<2 {
                await stage.valkey.kill()
                try await stage.valkey.restart()
                try await stage.published(50)
            }
            try await stage.expectHeld(proof)
        }
    }

    @Test("4b. Valkey with appendfsync everysec is killed: what it had written is there, and what it held back is told")
    func valkeyKilledEverySecond() async throws {
        try await Stage.run(Self.everySecond) { stage in
            let proof = try await stage.prove()
            await stage.valkey.kill()
            try await stage.valkey.restart()
            try await stage.published(50)
            try await stage.expectHeldOrLossTold(proof)
        }
    }

    @Test("4c. The machine of a Valkey with appendfsync everysec crashes: what is lost is told as a gap")
    func machineCrashed() async throws {
        try await Stage.run(Self.everySecond) { stage in
            let proof = try await stage.prove()
            try await stage.published(100)
            await stage.valkey.kill()
            try Self.tearOff(50_000, in: stage.valkey.directory)
            try await stage.valkey.restart()
            try await stage.published(50)
            try await stage.expectLossTold(proof)
        }
    }

    /// Takes the end off the append-only file: what the kernel had not brought to the disk.
    private static func tearOff(_ bytes: UInt64, in directory: URL) throws {
        let folder = directory.appending(path: "appendonlydir")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        let name = try #require(files.first { $0.hasSuffix(".incr.aof") })
        let file = try FileHandle(forUpdating: folder.appending(path: name))
        let size = try file.seekToEnd()
        try file.truncate(atOffset: size - min(size / 2, bytes))
        try file.close()
    }

    @Test(
        "5. Valkey stops for five seconds: publishers are told to try again in time, sockets stay, all goes on by itself"
    )
    func valkeyPaused() async throws {
        try await Stage.run { stage in
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[0], "still")
            defer { socket.close() }
            let proof = try await stage.prove()
            let memory = try stage.nodes.map { try $0.residentKiB() }
            stage.valkey.pause()
            let resume = ContinuousClock.now + .seconds(5)
            async let key = stage.nodes[1].visitor.publish("still", Self.text("once"), key: "once")
            for node in stage.nodes {
                let ready = try await node.visitor.ready()
                #expect(ready.status == 503 && ready.elapsed < .milliseconds(1500), "\(ready)")
            }
            try await Self.expectReadersRefused(stage.nodes[0])
            try await stage.expectRefusals(until: resume)
            let first = try await key
            #expect(first.status == 503, "\(first)")
            for (node, before) in zip(stage.nodes, memory) { #expect(try node.residentKiB() < before + 32 << 10) }
            stage.valkey.resume()
            for node in stage.nodes {
                try await until("ready again", within: .seconds(5)) { try await node.visitor.ready().status == 200 }
            }
            try await until("published", within: .seconds(5)) {
                try await stage.nodes[1].visitor.publish("still", Self.text("once"), key: "once").status == 201
            }
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("last")).status == 201)
            let seen = try await socket.payloads(through: Self.text("last"))
            #expect(seen.count { $0 == Self.text("once") } == 1, "\(seen)")
            try await stage.published(50)
            try await stage.expectHeld(proof)
        }
    }

    /// What needs the store is to be tried again, in time; a wrong user or topic is nobody's reproach.
    private static func expectReadersRefused(_ node: Node) async throws {
        let poll = #"{"topics":["still"],"since":{"still":"0"},"timeout":1}"#
        let answers = try await [
            node.visitor.history("still"), node.visitor.ask(.POST, "/messages/poll", poll),
            node.visitor.ask(.GET, "/api/v1/topics"), Visitor(url: node.url).logIn(),
        ]
        for answer in answers.dropFirst(2) { #expect(answer.status == 503, "\(answer)") }
        // The first two may find all they need in memory.
        for answer in answers {
            #expect([200, 503].contains(answer.status) && answer.elapsed < .seconds(4), "\(answer)")
            #expect(answer.status == 200 || answer.retryAfter != nil, "\(answer)")
        }
    }
}
