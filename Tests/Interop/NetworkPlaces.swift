import Foundation
import ProgramFixture

/// Network namespaces, in which peers can be cut off as no socket can.
enum NetworkPlaces {
    /// Whether this process may make one, with a link to it.
    static let canBeMade: Bool = {
        let name = "relay-try-\(ProcessInfo.processInfo.processIdentifier)"
        let link = "rt\(ProcessInfo.processInfo.processIdentifier % 100_000)"
        let add = "ip netns add \(name) && ip link add \(link) type veth peer name peer netns \(name)"
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "\(add); made=$?; ip netns del \(name); exit $made"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        do {
            try withoutBlockedSignals { try process.run() }
        } catch {
            return false
        }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()
}
