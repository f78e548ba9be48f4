import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch a relay in the terminal: rates, latency, connections, memory, relays and topics.",
        discussion: """
            Asks the relay's /metrics, and as an administrator for its topics and for the relays of its store. Keys: q quits; r, d, k and \
            n order the topics by rate, readers, kept messages and name.

            Where the output is no terminal, it is written as text, again and again; with --once once. With --json a line each time.

            Example: pulsar-relay top --url https://relay.example.org
            Example: pulsar-relay top --once --json
            """
    )

    @OptionGroup var relay: RelayOptions

    @Option(help: "Seconds between two looks, 0.2 to 60.")
    var interval = 2.0

    @Option(help: "Order of the topics: rate, readers, kept or name.")
    var sort = TopOrder.rate.rawValue

    @Flag(help: "Write once what happened in one interval, and end.")
    var once = false

    @Option(
        help:
            "What the relay asks for at /metrics. Default: $PULSAR_METRICS_TOKEN, which other users of this machine don't see."
    )
    var metricsToken: String?

    func validate() throws {
        guard (0.2...60).contains(self.interval) else { throw ValidationError("--interval is 0.2 to 60 s") }
        guard TopOrder(rawValue: self.sort) != nil else {
            throw ValidationError("--sort is rate, readers, kept or name")
        }
    }

    private var order: TopOrder { TopOrder(rawValue: self.sort) ?? .rate }

    func run() async throws {
        let command = self
        try await Interruption.run { try await command.watch() }
    }

    private func watch() async throws {
        let sampler = TopSampler(
            client: try self.relay.client(maxAttempts: 2),
            metricsToken: self.metricsToken ?? ProcessInfo.processInfo.environment["PULSAR_METRICS_TOKEN"]
        )
        let first = try await sampler.sample()
        if self.once || self.relay.json || isatty(STDOUT_FILENO) != 1 || isatty(STDIN_FILENO) != 1 {
            return try await self.write(sampler, after: first)
        }
        try await TopTerminal.run { terminal in try await self.show(sampler, after: first, on: terminal) }
    }

    private func write(_ sampler: TopSampler, after first: TopSample) async throws {
        var before = first
        repeat {
            try await Task.sleep(for: .seconds(self.interval))
            let now = try await sampler.sample()
            let figures = TopFigures(from: before, to: now)
            if self.relay.json {
                try StandardStreams.result(figures.json(title: sampler.title, order: self.order).text)
            } else {
                let screen = TopScreen(figures, title: sampler.title, order: self.order)
                try StandardStreams.result(screen.lines(width: 120, height: nil).joined(separator: "\n") + "\n")
            }
            before = now
        } while !self.once
    }

    private func show(_ sampler: TopSampler, after first: TopSample, on terminal: TopTerminal) async throws {
        var (before, now, order) = (first, first, self.order)
        while true {
            let screen = TopScreen(TopFigures(from: before, to: now), title: sampler.title, order: order)
            terminal.draw { screen.lines(width: $0, height: $1) }
            switch try await terminal.key(within: now.at == first.at ? 0.5 : self.interval) {
            case UInt8(ascii: "q"), UInt8(ascii: "Q"), 3, 4: return
            case UInt8(ascii: "r"): order = .rate
            case UInt8(ascii: "d"): order = .readers
            case UInt8(ascii: "k"): order = .kept
            case UInt8(ascii: "n"): order = .name
            case .some: continue
            case nil: (before, now) = (now, try await sampler.sample())
            }
        }
    }
}

/// Asks a relay how it is.
struct TopSampler {
    let client: RelayClient
    let metricsToken: String?

    /// As many topics as are asked for each time.
    private static let topics = 1_000

    var title: String { "\(self.client.endpoint)" }

    /// - Throws: where the relay can't be reached. What it does not show to this caller is left out.
    func sample() async throws -> TopSample {
        let text = try await self.metrics()
        let at = ProcessInfo.processInfo.systemUptime
        let nodes = try await self.allowed { try await self.client.nodes() }
        let topics = try await self.allowed { try await self.client.allTopics(most: Self.topics) }
        return TopSample(at: at, metrics: MetricsText(text), nodes: nodes, topics: topics)
    }

    private func metrics() async throws -> String {
        do {
            return try await self.client.metrics(token: self.metricsToken)
        } catch let error as RelayError where error.code == .authenticationRequired {
            let problem =
                self.metricsToken == nil ? "wants a token for its metrics" : "does not take this token for its metrics"
            throw UsageError(
                "the relay \(problem): give the metrics_token of its configuration by --metrics-token or PULSAR_METRICS_TOKEN"
            )
        }
    }

    /// Nil where nobody is logged in, where the user is no administrator, and where the relay knows no such route.
    private func allowed<Value>(_ ask: () async throws -> Value) async throws -> Value? {
        do {
            return try await ask()
        } catch let error as RelayError where error.code == .authenticationRequired || error.code == .refused {
            return nil
        }
    }
}
