import Foundation
import ProgramFixture
import Testing

/// Five network namespaces: a server, and two peers that reach it and each other through a NAT each. See `python/nat_lab.py`.
struct NATLab {
    /// What a NAT does with the port that a peer sends from.
    enum Mapping: String, CaseIterable {
        /// Keeps it. So it behaves as a port-restricted cone.
        case plain = "masquerade"
        /// Chooses one for each destination. So it behaves as a symmetric NAT.
        case random = "masquerade random"
    }

    /// What the names of its namespaces begin with.
    let name: String
    /// The namespace of the server, in which a relay is to be started.
    var server: String { "\(self.name)-server" }
    /// Where the tests reach the server, past the NATs.
    let serverAddress: String

    /// Runs `body` in a lab, and takes the lab away whatever happens, with all that still runs in it.
    static func with(_ mapping: Mapping, in folder: URL, _ body: (NATLab) async throws -> Void) async throws {
        let id = ProcessInfo.processInfo.processIdentifier
        // A link of the tests' own: one of 16,384 networks of four addresses.
        let network = Int(id) % 16_384
        let prefix = "10.\(232 + network / 8_192).\(network / 32 % 256)."
        let lab = NATLab(name: "relay-nat-\(id)", serverAddress: prefix + String(network % 32 * 4 + 2))
        let result: Result<Void, any Error>
        do {
            try await lab.make(
                ["up", lab.name, prefix + String(network % 32 * 4 + 1), lab.serverAddress, mapping.rawValue],
                folder
            )
            try await body(lab)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await lab.make(["down", lab.name], folder)
        try result.get()
    }

    private func make(_ arguments: [String], _ folder: URL) async throws {
        let process = try ChildProcess(
            Installation.python,
            [Installation.scripts.appending(path: "nat_lab.py").path()] + arguments,
            environment: Installation.environment,
            directory: folder,
            log: folder.appending(path: "nat-lab.log")
        )
        let exit = try await process.exit(within: .seconds(60))
        try #require(exit == .code(0), "nat_lab.py \(arguments): \(process.lastWords)")
    }
}
