import Foundation

/// Two relays that are one, for a prover to work on both.
protocol ProvingGround {
    /// Holds their files and logs.
    var folder: URL { get }
    var nodes: [Node] { get }
}

extension ProvingGround {
    static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-faults-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    /// Starts the relays, runs the body, and ends them whatever happens.
    func withNodes(_ body: () async throws -> Void) async throws {
        let result: Result<Void, any Error>
        do {
            for node in self.nodes { try await node.start() }
            for node in self.nodes { try await node.visitor.logIn() }
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        for node in self.nodes { try await node.end(by: SIGKILL) }
        try result.get()
    }

    /// Publishes at a modest rate until its outcome is asked for, with two readers of each kind, which change nodes all the time.
    ///
    /// Returns when messages flow.
    func prove(_ options: String...) async throws -> Proof {
        let usual = [
            "--duration", "60s", "--rate", "100", "--topics", "3", "--publishers", "3", "--readers",
            "websocket:2,poll:2,sse:2",
            "--resume-every", "1s", "--settle", "20s", "--seed", "7", "--peers", "0",
        ]
        let proof = try Proof.start(on: self.nodes.map(\.url), usual + options, in: self.folder)
        try await self.published(50)
        return proof
    }

    /// Waits until so many more messages were stored.
    func published(_ count: Double, on node: Int? = nil) async throws {
        let before = try await self.received(on: node)
        try await until("\(count) more messages") { try await self.received(on: node) >= before + count }
    }

    private func received(on node: Int?) async throws -> Double {
        var sum = 0.0
        for (index, visited) in self.nodes.enumerated() where node.map({ $0 == index }) ?? true {
            sum += try await visited.visitor.counter("relay_messages_received_total")
        }
        return sum
    }
}
