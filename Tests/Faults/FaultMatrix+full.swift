import Foundation
import NIOHTTP1
import Testing
import ValkeyFixture

/// The server has no more room, or is wiped.
extension FaultMatrix {
    @Test("8. Valkey reaches maxmemory: publishers are told to try again, readers read on, and it ends with the limit")
    func full() async throws {
        try await Stage.run { stage in
            let visitor = stage.nodes[0].visitor
            let first = try await visitor.publish("still", Self.text("first"))
            let socket = try await Socket.open(on: stage.nodes[1], "still")
            defer { socket.close() }
            let proof = try await stage.prove()
            #expect(try await stage.command("CONFIG", "SET", "maxmemory", "1mb") == "OK")
            try await stage.expectRefusals(until: .now + .seconds(2))
            let bulk = try await visitor.ask(.POST, "/api/v1/messages/bulk", Self.bulk)
            #expect(bulk.status == 503 && bulk.retryAfter != nil, "\(bulk)")
            let history = try await visitor.history("still")
            let id = try #require(first.member("message_id"))
            #expect(history.status == 200 && history.body.contains(id), "\(history)")
            let login = try await visitor.logIn()
            #expect(login.status == 503, "\(login)")
            // It can't publish, but reading is a service too: such a relay is not to be taken out of use.
            for node in stage.nodes { #expect(try await node.visitor.ready().status == 200) }
            #expect(try await stage.command("CONFIG", "SET", "maxmemory", "0") == "OK")
            #expect(try await visitor.publish("still", Self.text("last")).status == 201)
            #expect(try await socket.payloads(through: Self.text("last")) == [Self.text("last")])
            try await stage.published(50)
            try await stage.expectHeld(proof)
        }
    }

    private static let bulk = """
        {"messages":[{"topic":"still","payload":\(text("refused"))},{"topic":"still","payload":\(text("refused"))}]}
        """

    @Test(
        "8b. Valkey can't save its data: publishers are told to try again, the relays are not ready and say why, till it can"
    )
    func unsaved() async throws {
        try await Stage.run { stage in
            let visitor = stage.nodes[0].visitor
            #expect(try await visitor.publish("still", Self.text("first")).status == 201)
            let proof = try await stage.prove()
            // In the way of the file that it would write.
            let obstacle = stage.valkey.directory.appending(path: "dump.rdb/obstacle")
            try FileManager.default.createDirectory(at: obstacle, withIntermediateDirectories: true)
            #expect(try await stage.command("CONFIG", "SET", "save", "3600 1") == "OK")
            try await Self.save(stage, "err")
            try await stage.expectRefusals(until: .now + .seconds(2))
            for node in stage.nodes {
                let ready = try await node.visitor.ready()
                #expect(ready.status == 503, "\(ready)")
                #expect(node.lastWords.contains("MISCONF"), "\(node.lastWords)")
                #expect(try await node.visitor.history("still").status == 200)
            }
            try FileManager.default.removeItem(at: obstacle.deletingLastPathComponent())
            try await Self.save(stage, "ok")
            for node in stage.nodes {
                try await until("ready again") { try await node.visitor.ready().status == 200 }
            }
            #expect(try await visitor.publish("still", Self.text("last")).status == 201)
            try await stage.published(50)
            try await stage.expectHeld(proof)
        }
    }

    /// Has the server save its data, until that ends as wanted.
    private static func save(_ stage: Stage, _ status: String) async throws {
        try await until("a save ends with \(status)", within: .seconds(20)) {
            _ = try await stage.command("BGSAVE")
            let info = try await stage.command("INFO", "persistence")
            return info.contains("rdb_last_bgsave_status:\(status)") && info.contains("rdb_bgsave_in_progress:0")
        }
    }

    @Test("9. Valkey is wiped: nobody is let in, sessions end, and all works again once there is an administrator")
    func wiped() async throws {
        try await Stage.run { stage in
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[1], "still")
            #expect(try await stage.nodes[1].visitor.publish("still", Self.text("second")).status == 201)
            #expect(try await stage.command("FLUSHALL") == "OK")
            let start = ContinuousClock.now
            #expect(await socket.end() == 1008)
            #expect(ContinuousClock.now - start < .seconds(5))
            for node in stage.nodes {
                // Asked by a read: until then a publish would make the topic anew.
                try await until("sessions end", within: .seconds(5)) {
                    try await node.visitor.history("still").status == 401
                }
                let login = try await node.visitor.logIn()
                #expect(login.status == 401, "\(login)")
                #expect(try await node.visitor.ready().status == 200)
            }
            try await stage.nodes[0].end(by: SIGTERM)
            try await stage.nodes[0].start()
            for node in stage.nodes {
                #expect(try await node.visitor.logIn().status == 200)
                let history = try await node.visitor.history("still")
                #expect(history.status == 404, "\(history)")
            }
            let again = try await stage.nodes[1].visitor.publish("still", Self.text("again"))
            #expect(again.status == 201, "\(again)")
            let proof = try await stage.prove()
            try await stage.published(100)
            try await stage.expectHeld(proof)
        }
    }
}
