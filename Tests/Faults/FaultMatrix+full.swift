import Foundation
import NIOHTTP1
import Testing

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
