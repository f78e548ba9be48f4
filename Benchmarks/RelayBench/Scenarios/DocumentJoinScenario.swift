import NIOCore
import RelayDocuments

/// Somebody opens a document that 100,000 small updates have made: how long it takes from the question to the last byte of the answer, and how
/// much that is beside what y-websocket's server sends, which has Yjs encode its document.
///
/// The history is written by Yjs itself. The relay has made a snapshot of it as nobody was there any more. It is opened once where it has to be
/// loaded first, and once more while it is in memory. y-websocket's server keeps all documents in memory.
struct DocumentJoinScenario: Scenario {
    let name = "documents-join"

    func run(on bench: Bench) async -> [Row] {
        let measured = await self.measured(on: bench)
        let title = "join of a document of \(bench.sizes.documentUpdates) updates"
        return [
            Self.timeRow("\(title), loaded for it", .loadTime, measured, remarks: measured.remarks),
            Self.timeRow("\(title), in memory", .joinTime, measured),
            Row(
                title,
                unit: "bytes sent",
                figures: Self.figures(.joinBytes, measured),
                baseline: "y-websocket",
                must: .ratio(atMost: 1.1)
            ),
        ]
    }

    private func measured(on bench: Bench) async -> Measured<ServerKind> {
        let history: YjsHistory
        do {
            history = try await YjsHistory(updates: bench.sizes.documentUpdates)
        } catch {
            var measured = Measured<ServerKind>()
            measured.add(error, of: .yWebsocket)
            return measured
        }
        return await bench.compare([
            Contender(key: .relay, kind: .relay) { launcher in
                let server = try await launcher.launchRelay(
                    port: try await launcher.freePort(),
                    storage: .memory,
                    // So that it is unloaded between rounds.
                    extra: ["PULSAR_DOCUMENTS_IDLE_SECONDS": "1"]
                )
                return try await Self.rig(bench, server, history)
            },
            Contender(key: .yWebsocket, kind: .yWebsocket) { launcher in
                try await Self.rig(bench, try await launcher.launch(.yWebsocket), history)
            },
        ])
    }

    private static func rig(_ bench: Bench, _ server: Server, _ history: YjsHistory) async throws
        -> (rig: any Rig, server: Server?)
    {
        do {
            return (try await DocumentJoinRig(bench, server: server, history: history), server)
        } catch {
            await server.stop()
            throw error
        }
    }

    private static func figures(_ metric: Metric, _ measured: Measured<ServerKind>) -> Figures {
        Figures(
            relay: measured.median(metric, of: .relay),
            bare: measured.median(metric, of: .yWebsocket),
            ratio: measured.ratio(metric, of: .relay, to: .yWebsocket)
        )
    }

    private static func timeRow(
        _ title: String,
        _ metric: Metric,
        _ measured: Measured<ServerKind>,
        remarks: String = ""
    ) -> Row {
        Row(
            title,
            unit: "ms",
            figures: Self.figures(metric, measured),
            baseline: "y-websocket",
            must: .relay(atMost: 50),
            remarks: remarks
        )
    }
}

private struct DocumentJoinRig: Rig {
    private static let document = "bench"
    /// Until a document is unloaded that nobody has open, and its snapshot made.
    private static let absence = Duration.milliseconds(2500)
    /// How long a server may take to read the history.
    private static let patience = Duration.seconds(120)
    /// Updates that are written at once.
    private static let portion = 500

    private let server: Server
    private let client: LoadClient

    init(_ bench: Bench, server: Server, history: YjsHistory) async throws {
        self.server = server
        self.client = bench.client
        let all = Update.merge(try history.updates.map { try Update($0) })
        let writer = try await self.join()
        for start in stride(from: 0, to: history.updates.count, by: Self.portion) {
            var frames = ByteBuffer()
            for update in history.updates[start...].prefix(Self.portion) {
                frames.writeImmutableBuffer(ClientFrame.binary(DocumentSpeech.update(update)))
            }
            try await writer.members[0].channel.writeAndFlush(frames).get()
        }
        try await self.wait(for: all.stateVector)
        await writer.close()
    }

    /// Returns when somebody who joins gets all of it.
    private func wait(for vector: StateVector) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let reader = try await self.join()
            await reader.close()
            if try Update(reader.members[0].joined.document).stateVector.covers(vector) { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw LoadError.documentIncomplete
    }

    func measure() async throws -> [Metric: Double] {
        try await Task.sleep(for: Self.absence)
        let first = try await self.join()
        let second = try await self.join()
        await first.close()
        await second.close()
        return [
            .loadTime: Self.milliseconds(first),
            .joinTime: Self.milliseconds(second),
            .joinBytes: Double(second.members[0].joined.document.count),
        ]
    }

    func tearDown() async {}

    private func join() async throws -> DocumentCrowd {
        try await DocumentCrowd(1, of: self.server, from: self.client) { _ in Self.document }
    }

    private static func milliseconds(_ crowd: DocumentCrowd) -> Double {
        Double(crowd.members[0].joined.time.nanoseconds) / 1e6
    }
}
