import Foundation
import Testing

/// The relay's port for STUN as peers behind NATs see it.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct NATLabTests {
    @Test(
        "Behind NATs peers learn by the port how they are reached, and punch through where the NAT keeps ports",
        .enabled(
            if: NetworkPlaces.canBeNATs,
            "NATs can't be made here: that needs root (CAP_NET_ADMIN), iproute2, and nftables with masquerade"
        ),
        arguments: NATLab.Mapping.allCases
    )
    func punch(_ mapping: NATLab.Mapping) async throws {
        try await Scenario.inFolder { scenario in
            try await NATLab.with(mapping, in: scenario.folder) { lab in
                let relay = try await RelayUnderTest.start(
                    ["UDP_BIND": "198.51.100.1:7000", "UDP_ALTERNATE_ADDRESS": "198.51.100.2"],
                    in: scenario.folder,
                    inside: lab
                )
                var scenario = scenario
                scenario.environment = [
                    "LAB": lab.name, "MAPPING": "\(mapping)", "no_proxy": "*", "NO_PROXY": "*",
                ]
                try await scenario.run("nat_punch.py", against: relay)
                try await relay.stop()
            }
        }
    }
}
