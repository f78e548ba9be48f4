import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// Peers of a session while parts fail.
extension FaultMatrix {
    /// Peers that are cut off are noticed within the row.
    private static let short = ["SESSION_LEASE_SECONDS": "5", "SESSION_RECONNECT_SECONDS": "3"]

    @Test(
        "16. Peers of a session while relays are killed, a relay's connections to Valkey are cut, and Valkey restarts"
    )
    func sessionPeers() async throws {
        try await Stage.run(settings: Self.short) { stage in
            let proof = try await stage.prove("--peers", "8", "--rate", "40", "--lost-after", "8s")
            // By chance a peer takes the death of its relay for its own end: the other relay has to tell of it.
            for node in [0, 1, 0, 1] {
                #expect(try await stage.nodes[node].end(by: SIGKILL) == .signal(SIGKILL))
                try await stage.published(50, on: 1 - node)
                try await stage.nodes[node].start()
                try await stage.published(20, on: node)
            }
            for _ in 0..<3 {
                #expect(try await stage.links[1].cut() > 1)
                try await stage.published(20, on: 1)
            }
            try await stage.valkey.restart()
            try await stage.published(50)
            let outcome = try await stage.expectHeld(proof)
            #expect(outcome.peers("signaling_sockets") > 8, "\(outcome.said)")
            #expect(outcome.peers("losses") > 0, "\(outcome.said)")
            #expect(outcome.peers("losses_by_break") > 0, "\(outcome.said)")
        }
    }
}
