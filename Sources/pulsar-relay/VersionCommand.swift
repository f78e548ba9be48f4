import ArgumentParser
import RelayWire

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print the version.")

    @Flag(help: "Write a line of JSON.")
    var json = false

    func run() throws {
        let version = RelayVersion.current
        try StandardStreams.result(self.json ? #"{"version":"\#(version)"}"# : version)
    }
}
