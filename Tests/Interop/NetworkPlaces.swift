import Foundation
import ProgramFixture

/// Network namespaces, in which peers can be cut off as no socket can.
enum NetworkPlaces {
    /// Whether this process may make one, with a link to it.
    static let canBeMade = Self.succeeds(
        "ip netns add $name && ip link add $link type veth peer name peer netns $name"
    )

    /// Whether one can also be a NAT, and hold the bridge between several.
    static let canBeNATs = Self.succeeds(
        """
        ip netns add $name && ip link add $link type veth peer name peer netns $name &&
        ip -n $name link add wan type bridge && ip netns exec $name sysctl -q -w net.ipv4.ip_forward=1 &&
        ip netns exec $name nft 'table ip nat { chain out { type nat hook postrouting priority 100; masquerade random; }; }'
        """
    )

    /// Runs the commands with names of their own in `name` and `link`, and takes the namespace away again.
    private static func succeeds(_ commands: String) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c",
            "name=relay-try-$$ link=rt$(($$ % 100000)); { \(commands); }; made=$?; ip netns del $name; exit $made",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try withoutBlockedSignals { try process.run() }
        } catch {
            return false
        }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
