import Foundation
import ProgramFixture
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

    @Test(
        "coturn's client and aioice send through TURN, over UDP and TCP, by channels and indications, and to each other"
    )
    func turn() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "turn.py",
            settings: ["TURN_ALLOWED_PEERS": "127.0.0.1,127.0.0.2", "TURN_MAX_ALLOCATIONS_PER_USER": "50"].merging(
                Self.relaying(on: port)
            ) { $1 },
            environment: ["TURN_HOST": "127.0.0.1", "TURN_PEER": "127.0.0.2", "TURN_PORT": "\(port)"]
        )
    }

    @Test("aioice on both ends, signaled over signaling sockets alone, connects directly and by TURN")
    func iceBySignaling() async throws {
        let port = try await freePort()
        try await Scenario.run(
            "ice_signaling.py",
            settings: ["TURN_ALLOWED_PEERS": "127.0.0.1"].merging(Self.relaying(on: port)) { $1 },
            environment: ["TURN_HOST": "127.0.0.1", "TURN_PORT": "\(port)"]
        )
    }

    @Test("Two pages of a browser reach each other by TURN alone, signaled over a topic by WebSocket and long poll")
    func turnInBrowser() async throws {
        let port = try await freePort()
        let page = try await freePort()
        try await Scenario.run(
            "turn_browser.py",
            settings: ["ALLOWED_ORIGINS": "[\"http://127.0.0.1:\(page)\"]"].merging(Self.relaying(on: port)) { $1 },
            environment: ["ALLOWED_PORT": String(page)]
        )
    }

    private static func relaying(on port: Int) -> [String: String] {
        ["UDP_BIND": "127.0.0.1:\(port)", "UDP_ALTERNATE_PORT": "0", "TURN_ENABLED": "true"]
    }
}
