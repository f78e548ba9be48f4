import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// A relay ends.
extension FaultMatrix {
    @Test("1. A relay is killed, and comes back")
    func relayKilled() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove()
            #expect(try await stage.nodes[0].end(by: SIGKILL) == .signal(SIGKILL))
            try await stage.published(50, on: 1)
            try await stage.nodes[0].start()
            try await stage.published(20, on: 0)
            try await stage.expectHeld(proof)
        }
    }

    @Test("2. A relay is stopped by SIGTERM: it exits with 0 at once, and comes back")
    func relayStopped() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove()
            let start = ContinuousClock.now
            #expect(try await stage.nodes[0].end(by: SIGTERM, within: .seconds(27)) == .code(0))
            #expect(ContinuousClock.now - start < .seconds(5))
            try await stage.published(50, on: 1)
            try await stage.nodes[0].start()
            try await stage.published(20, on: 0)
            try await stage.expectHeld(proof)
        }
    }

    @Test("2b. A relay is stopped by SIGTERM while Valkey does not answer: it exits with 0 all the same")
    func relayStoppedAlone() async throws {
        try await Stage.run { stage in
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[0], "still")
            defer { socket.close() }
            stage.valkey.pause()
            async let publish = stage.nodes[0].visitor.publish("still", Self.text("second"))
            #expect(try await stage.nodes[0].visitor.ready().status == 503)
            let start = ContinuousClock.now
            #expect(try await stage.nodes[0].end(by: SIGTERM, within: .seconds(27)) == .code(0))
            #expect(ContinuousClock.now - start < .seconds(6))
            #expect(try await publish.status == 503)
            #expect(await socket.end() == 1001)
        }
    }
}
