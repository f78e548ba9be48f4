import ArgumentParser
import Foundation

/// Measures the relay against a bare SwiftNIO program and against nginx with nchan, and says whether it is good enough.
///
/// The load generator is this process; each server is another. CPU time is the server's user and system time from
/// /proc, so that figures hold on a busy machine too; they are medians of rounds taken in turns.
@main
struct RelayBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay-bench",
        abstract: "Measures pulsar-relay against bare SwiftNIO and nginx with nchan.",
        discussion: """
            `make bench` builds it. Needs Linux; nchan, Redis and Valkey are left out where they
            aren't installed.

            Exit code: 0 every must is met, 1 a must is missed, 2 none is missed but not all could be measured.
            """
    )

    @Flag(help: "Smaller crowds, shorter rounds, and one round unless --rounds says otherwise.")
    var quick = false

    @Option(
        help: """
            A scenario to run instead of all: \(Scenarios.all.map { $0.name }.joined(separator: ", ")). What stands before \
            a hyphen names all that begin with it. Repeatable.
            """
    )
    var only: [String] = []

    @Option(help: "Rounds of each scenario; their median counts. [default: 5]")
    var rounds: Int?

    @Option(help: "Event loop threads, or worker processes, of each server.")
    var threads = 1

    @Option(help: "Event loop threads of the load generator.")
    var loadThreads = 1

    @Option(help: "The relay's executable. [default: pulsar-relay beside this program]")
    var relay: String?

    @Option(help: "The bare SwiftNIO server's executable. [default: bare-nio beside this program]")
    var bare: String?

    @Option(help: "A file to write the result to as JSON.")
    var json: String?

    func validate() throws {
        let names = Scenarios.all.map { $0.name }
        if let unknown = self.only.first(where: { only in !names.contains { Self.names(only, $0) } }) {
            throw ValidationError("no scenario is called '\(unknown)'; there are \(names.joined(separator: ", "))")
        }
        guard self.rounds ?? 1 > 0, self.threads > 0, self.loadThreads > 0 else {
            throw ValidationError("--rounds, --threads and --load-threads take numbers from 1 on")
        }
    }

    func run() async throws {
        let interruptions = Interruption.handlers()
        defer { withExtendedLifetime(interruptions) {} }
        var sizes = self.quick ? Sizes.quick : Sizes.full
        sizes.openFiles = OpenFiles.raiseLimit()
        guard sizes.readers(ofEachOf: 1) == sizes.idleReaders else {
            throw ValidationError(
                "the limit of open files is \(sizes.openFiles), too low for \(sizes.idleReaders) connections"
            )
        }
        let client = LoadClient(threads: self.loadThreads)
        let rows = await self.measure(client: client, sizes: sizes)
        try await client.shutDown()
        print(Table(rows: rows).text)
        if let json = self.json {
            try Self.encoded(rows).write(to: URL(filePath: json))
        }
        try Self.conclude(rows)
    }

    private func measure(client: LoadClient, sizes: Sizes) async -> [Row] {
        let launcher = Launcher(
            client: client,
            relayExecutable: Self.executable(self.relay, named: "pulsar-relay"),
            bareExecutable: Self.executable(self.bare, named: "bare-nio"),
            threads: self.threads
        )
        let bench = Bench(client: client, launcher: launcher, sizes: sizes, rounds: self.rounds ?? (self.quick ? 1 : 5))
        var rows: [Row] = []
        for scenario in Scenarios.all
        where self.only.isEmpty || self.only.contains(where: { Self.names($0, scenario.name) }) {
            FileHandle.standardError.write(Data("\(scenario.name) ...\n".utf8))
            rows += await scenario.run(on: bench)
        }
        return rows
    }

    /// Whether an option asks for a scenario.
    private static func names(_ option: String, _ scenario: String) -> Bool {
        option == scenario || scenario.hasPrefix(option + "-")
    }

    private static func executable(_ path: String?, named name: String) -> URL {
        if let path { return URL(filePath: path).absoluteURL }
        return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(
            path: name
        )
    }

    private static func encoded(_ rows: [Row]) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(rows)
    }

    private static func conclude(_ rows: [Row]) throws {
        if rows.contains(where: { $0.verdict == .missed }) { throw ExitCode(1) }
        if rows.contains(where: { $0.verdict == .unmeasured }) { throw ExitCode(2) }
    }
}
