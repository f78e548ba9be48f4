import Foundation
import Testing

/// The port for STUN of the program as built, and clients that others wrote.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct PeerPortTests {
    @Test(
        "coturn's clients learn their address and what their NAT does, and TCP and the reference's packets are served"
    )
    func stun() async throws {
        // Addresses of this machine that nothing else listens on.
        let network = "127.\(Int.random(in: 1...250)).\(Int.random(in: 1...250))"
        let port = 7_000
        try await Scenario.run(
            "stun.py",
            settings: ["UDP_BIND": "\(network).1:\(port)", "UDP_ALTERNATE_ADDRESS": "\(network).2"],
            environment: ["STUN_HOST": "\(network).1", "STUN_ALTERNATE": "\(network).2", "STUN_PORT": "\(port)"]
        )
    }
}
