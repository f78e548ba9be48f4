import ArgumentParser
import Foundation
import RelayCommands

/// Where a password comes from: never from the command line, which others can see.
struct PasswordInput: ParsableArguments {
    @Flag(help: "Read the password from the first line of standard input.")
    var passwordStdin = false

    /// - Parameter prompt: shown where the password is asked for: without the flag, and without `PULSAR_PASSWORD`.
    func read(prompt: String) throws -> String {
        if self.passwordStdin {
            guard let line = readLine(), !line.isEmpty else { throw UsageError("no password on standard input") }
            return line
        }
        if let password = ProcessInfo.processInfo.environment["PULSAR_PASSWORD"] { return password }
        guard TerminalPassword.canAsk else { throw UsageError("give --password-stdin or set PULSAR_PASSWORD") }
        guard let password = try TerminalPassword.ask(prompt) else {
            throw ExitCode(CommandStatus.failure.rawValue)
        }
        return password
    }
}
