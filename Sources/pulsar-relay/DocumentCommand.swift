import ArgumentParser
import Foundation
import RelayClient
import RelayCommands

struct DocumentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "document",
        abstract: "Bring documents from another server.",
        discussion: "Example: pulsar-relay document import ws://old.example:1234 notes plans",
        subcommands: [Import.self]
    )

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Bring rooms of a running y-websocket or Hocuspocus server to the relay.",
            discussion: """
                Asks the server for each room as a client of it, and merges what comes into the document of that name, \
                which is made where there is none; you own it. Both servers go on running, and nothing is lost by doing it \
                again. Rooms have to be named: those servers can't list them.

                With --follow both are kept in step from then on, so that people may edit on either of them. Runs until it \
                is interrupted.

                Prints a line for each room. Ends with 1 if one could not be brought.

                Example: pulsar-relay document import ws://old.example:1234 notes plans
                Example: pulsar-relay document import ws://old.example:1234 --rooms-file rooms.txt --follow
                Example: pulsar-relay document import wss://old.example/collab --protocol hocuspocus --room notes
                """
        )

        @OptionGroup var relay: RelayOptions

        @Argument(help: "The server, as its clients have it: for y-websocket without the room.")
        var source: String

        @Argument(help: "The rooms, as applications call them.")
        var rooms: [String] = []

        @Option(name: .customLong("protocol"), help: "What it speaks: y-websocket or hocuspocus.")
        var dialect = DocumentSource.Dialect.yWebsocket.rawValue

        @Option(name: .customLong("room"), help: "A room. May be given more than once.")
        var more: [String] = []

        @Option(help: "A file with a room in each line; - for standard input.")
        var roomsFile: String?

        @Option(
            help: """
                What the server asks of its clients. Default: $PULSAR_SOURCE_TOKEN, which other users of this machine don't see.
                """
        )
        var token: String?

        @Option(help: "A parameter of the server's address, name=value. May be given more than once.")
        var param: [String] = []

        @Flag(help: "Keep both servers in step until interrupted.")
        var follow = false

        @Flag(help: "With --follow: tell the other server nothing.")
        var oneWay = false

        func validate() throws {
            guard DocumentSource.Dialect(rawValue: self.dialect) != nil else {
                throw ValidationError("--protocol is y-websocket or hocuspocus")
            }
            guard self.follow || !self.oneWay else { throw ValidationError("--one-way goes with --follow") }
        }

        func run() async throws {
            let token = self.token ?? ProcessInfo.processInfo.environment["PULSAR_SOURCE_TOKEN"]
            let dialect = DocumentSource.Dialect(rawValue: self.dialect) ?? .yWebsocket
            let source = try DocumentSource(self.source, dialect, token: token, parameters: self.param)
            let rooms = try RoomNames.all(named: self.rooms + self.more, file: self.roomsFile)
            let format = self.relay.format
            let work = DocumentImport(from: source, to: try self.relay.client()) { event in
                switch event {
                case .room(let report): StandardStreams.say(format.line(report))
                case .notice(let room, let text): StandardStreams.notice("\(room): \(text)")
                }
            }
            let command = self
            try await Interruption.run {
                let failures =
                    command.follow
                    ? try await work.follow(rooms, isOneWay: command.oneWay) : try await work.run(rooms)
                if failures > 0 { throw ExitCode(CommandStatus.failure.rawValue) }
            }
        }
    }
}
