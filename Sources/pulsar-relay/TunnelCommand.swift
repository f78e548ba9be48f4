import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

struct TunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel",
        abstract: "Reach a port of another machine through the relay.",
        discussion: """
            On the machine that has the port:
              pulsar-relay tunnel expose 22
            It prints the command for the other machine. Then, there:
              ssh -p 2222 localhost
            """,
        subcommands: [Expose.self, Connect.self]
    )

    struct Expose: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "expose",
            abstract: "Let others reach a port of this machine.",
            discussion: """
                Prints the command to run on the other machine, with an invite in it. Whoever has the invite reaches the port: \
                treat it as a password. Runs until it is interrupted, which cuts all connections off. A session of its own \
                makes it known to the relay, and lasts a day at most.

                A connection goes on where it stopped after the relay was restarted or away, for up to a minute.

                Example: pulsar-relay tunnel expose 22
                """
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var progress: ProgressOption

        @Argument(help: "The port, or HOST:PORT for another machine that this one reaches.")
        var port: String

        @Option(help: "How many may come by the invite. Each 'tunnel connect' is one.")
        var uses = 100

        @Option(help: "How long the invite is good: 30s, 15m, 24h at most. Who has come may stay.")
        var valid = "24h"

        func run() async throws {
            let place = try LocalPort(self.port, host: "127.0.0.1", lowest: 1)
            let seconds = try ValidSpan.seconds(self.valid)
            let client = try self.relay.client(maxAttempts: nil)
            let display = self.progress.display(isQuiet: false)
            let exposure = TunnelExposure(
                client: client,
                host: place.host,
                port: place.port,
                traffic: display.traffic
            ) { event in
                switch event {
                case .ready(let session, let invite): self.say(session, invite, client.endpoint, place)
                case .notice(let text): display.notice(text)
                }
            }
            let uses = self.uses
            try await Interruption.run {
                try await display.shown { try await exposure.run(uses: uses, seconds: seconds) }
            }
        }

        private func say(_ session: String, _ invite: SessionInvite, _ endpoint: RelayEndpoint, _ place: LocalPort) {
            let command = "pulsar-relay tunnel connect --url \(endpoint) \(invite.token)"
            guard !self.relay.json else {
                let report: JSONDocument = [
                    "session_id": .string(session), "invite": .string(invite.token), "url": .string("\(endpoint)"),
                    "command": .string(command),
                ]
                return StandardStreams.say(report.text)
            }
            StandardStreams.say("Port \(place.port) of \(place.host) can be reached by:")
            StandardStreams.say(command)
        }
    }

    struct Connect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "connect",
            abstract: "Reach a port that another machine exposes.",
            discussion: """
                Listens on a port of this machine, and pipes each connection to it to the other machine's port. With --stdio \
                one connection is piped to standard input and output, as ssh's ProxyCommand wants it. Needs no account.

                Example: pulsar-relay tunnel connect --url https://relay.example.org INVITE --listen 2222
                Example: ssh -o ProxyCommand='pulsar-relay tunnel connect --stdio INVITE' host
                """
        )

        @OptionGroup var relay: RelayOptions
        @OptionGroup var progress: ProgressOption

        @Argument(
            help:
                "What 'tunnel expose' has printed. Default: $PULSAR_INVITE, which other users of this machine don't see."
        )
        var invite: String?

        @Option(help: "The port to listen on, or ADDRESS:PORT. 0 lets the system choose.")
        var listen = "0"

        @Flag(help: "Pipe one connection to standard input and output.")
        var stdio = false

        func run() async throws {
            guard let invite = self.invite ?? ProcessInfo.processInfo.environment["PULSAR_INVITE"] else {
                throw UsageError("which tunnel? Give the invite, or set PULSAR_INVITE")
            }
            let place = try LocalPort(self.listen, host: "127.0.0.1", lowest: 0)
            let client = try self.relay.client()
            let display = self.progress.display(isQuiet: self.stdio && !StandardStreams.haveFile)
            let command = self
            try await Interruption.run {
                try await display.shown {
                    let visit = try await TunnelVisit(by: invite, client: client, traffic: display.traffic) {
                        display.notice($0)
                    }
                    if command.stdio { return try await command.pipe(visit) }
                    try await visit.listen(host: place.host, port: place.port) { try command.say(place.host, $0) }
                }
            }
        }

        private func pipe(_ visit: TunnelVisit) async throws {
            let pipe = try await StandardPipe.open()
            try await visit.carry(pipe.local)
            try await pipe.drain()
        }

        private func say(_ host: String, _ port: Int) throws {
            let report: JSONDocument = ["host": .string(host), "port": .number(JSONNumber(port))]
            try StandardStreams.result(self.relay.json ? report.text : "Listening on \(host):\(port)")
        }
    }
}

/// `PORT` or `HOST:PORT` on the command line; an IPv6 address has brackets.
struct LocalPort: Sendable {
    let host: String
    let port: Int

    init(_ text: String, host: String, lowest: Int) throws {
        let split = text.lastIndex(of: ":")
        let name = split.map { String(text[..<$0]) } ?? host
        self.host = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        guard let port = Int(split.map { text[text.index(after: $0)...] } ?? text[...]), lowest...65_535 ~= port,
            !self.host.isEmpty
        else { throw UsageError("'\(text)' is no port: write PORT or HOST:PORT") }
        self.port = port
    }
}
