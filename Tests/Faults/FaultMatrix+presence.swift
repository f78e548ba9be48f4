import Foundation
import ProgramFixture
import Testing
import ValkeyFixture

/// Members of a topic while parts fail.
extension FaultMatrix {
    /// The members of a relay that is gone are missed within the row.
    private static let shortLease = ["PRESENCE_LEASE_SECONDS": "3"]

    @Test(
        "21. Who is on a topic while relays are killed, a relay's connections to Valkey are cut, and Valkey restarts"
    )
    func members() async throws {
        try await Stage.run(settings: Self.shortLease) { stage in
            let proof = try await stage.prove("--members", "12", "--rate", "40", "--lost-after", "3s")
            for node in [0, 1] {
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
            #expect(outcome.members("joins") > 12, "\(outcome.said)")
            #expect(outcome.members("updates") > 50, "\(outcome.said)")
            #expect(outcome.members("breaks") > 0, "\(outcome.said)")
        }
    }
}
