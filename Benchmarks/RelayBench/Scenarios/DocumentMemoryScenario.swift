import RelayDocuments

/// What a document takes of the server's memory that nobody edits: of a relay that has loaded it from a Valkey, where another relay has stored
/// it, and whose client has left again. sqlite would not do, since its page cache grows with what is read.
///
/// All of its topics are counted, and what the relay has allocated to load it. The must is what its contract allows: its compacted size, 24
/// bytes for each of its structs, and 4 KiB.
struct DocumentMemoryScenario: Scenario {
    let name = "documents-memory"

    func run(on bench: Bench) async -> [Row] {
        let measured = await bench.compare(rounds: 1) { storage in
            [
                Contender(key: ServerKind.relay, kind: .relay) { launcher in
                    try await DocumentMemoryRig.launch(bench, launcher, storage)
                }
            ]
        }
        return [
            Row(
                "\(bench.sizes.idleDocuments) idle documents, each",
                unit: "bytes resident",
                figures: Figures(
                    relay: measured.median(.resident, of: .relay),
                    bare: measured.median(.allowedBytes, of: .relay),
                    ratio: measured.ratio(.resident, to: .allowedBytes, of: .relay)
                ),
                baseline: "size + 24/struct + 4096",
                must: .ratio(atMost: 1),
                remarks: measured.remarks
            )
        ]
    }
}

private struct DocumentMemoryRig: Rig {
    private static let settling = Duration.seconds(1)
    /// Loaded first, so that what the server allocates once isn't counted.
    private static let pioneers = 20
    private static let updates = 2000

    private let server: Server
    private let client: LoadClient
    private let documents: Int
    /// What each of them is.
    private let content: Update

    static func launch(_ bench: Bench, _ launcher: Launcher, _ storage: SharedStorage) async throws
        -> (rig: any Rig, server: Server?)
    {
        let history = try await YjsHistory(updates: Self.updates)
        let content = Update.merge(try history.updates.map { try Update($0) }, compaction: Compaction())
        let documents = bench.sizes.idleDocuments + Self.pioneers
        let first = try await Self.relay(launcher, storage)
        do {
            for document in 0..<documents { try await Self.write(content, to: document, of: first, from: bench.client) }
        } catch {
            await first.stop()
            throw error
        }
        await first.stop()
        let server = try await Self.relay(launcher, storage)
        return (Self(server: server, client: bench.client, documents: documents, content: content), server)
    }

    private static func relay(_ launcher: Launcher, _ storage: SharedStorage) async throws -> Server {
        try await launcher.launchRelay(
            port: try await launcher.freePort(),
            storage: .valkey(storage),
            // So that they stay when everybody has left.
            extra: ["PULSAR_DOCUMENTS_IDLE_SECONDS": "1800"]
        )
    }

    private static func write(_ content: Update, to document: Int, of server: Server, from client: LoadClient)
        async throws
    {
        let crowd = try await Self.open(document, of: server, from: client)
        try await crowd.receive(content.structCount) { crowd.members[0].send(content.bytes) }
        await crowd.close()
    }

    private static func open(_ document: Int, of server: Server, from client: LoadClient) async throws
        -> DocumentCrowd
    {
        try await DocumentCrowd(1, of: server, from: client) { _ in "idle-\(document)" }
    }

    func measure() async throws -> [Metric: Double] {
        for document in 0..<Self.pioneers { try await self.load(document) }
        try await Task.sleep(for: Self.settling)
        let before = ProcessUsage.of(self.server.process)
        for document in Self.pioneers..<self.documents { try await self.load(document) }
        try await Task.sleep(for: Self.settling)
        let grown = ProcessUsage.of(self.server.process).residentBytes - before.residentBytes
        return [
            .resident: grown / Double(self.documents - Self.pioneers),
            .allowedBytes: Double(self.content.bytes.count + 24 * self.content.structCount + 4096),
        ]
    }

    private func load(_ document: Int) async throws {
        let crowd = try await Self.open(document, of: self.server, from: self.client)
        await crowd.close()
        guard try Update(crowd.members[0].joined.document).stateVector == self.content.stateVector else {
            throw LoadError.documentIncomplete
        }
    }

    func tearDown() async {}
}
