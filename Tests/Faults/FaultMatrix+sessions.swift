import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// Peers of a session while parts fail.
extension FaultMatrix {
    /// Peers that are cut off are noticed within the row.
    private static let short = ["SESSION_LEASE_SECONDS": "5", "SESSION_RECONNECT_SECONDS": "3"]

    @Test(
        "16. Peers of a session while a relay is killed, a relay's connections to Valkey are cut, and Valkey restarts"
    )
    func sessionPeers() async throws {
        try await Stage.run(settings: Self.short) { stage in
            let proof = try await stage.prove("--peers", "6", "--rate", "40")
            #expect(try await stage.nodes[0].end(by: SIGKILL) == .signal(SIGKILL))
            try await stage.published(50, on: 1)
            try await stage.nodes[0].start()
            try await stage.published(20, on: 0)
            for _ in 0..<3 {
                #expect(try await stage.links[1].cut() > 1)
                try await stage.published(20, on: 1)
            }
            try await stage.valkey.restart()
            try await stage.published(50)
            try await stage.expectHeld(proof)
        }
    }
}
