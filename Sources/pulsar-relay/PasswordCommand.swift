import ArgumentParser
import RelayClient
import RelayCommands

struct PasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Change your own password.",
        discussion: """
            The old password and the new one are asked for on the terminal. Where standard input is none, its first line is the old \
            password and its second the new one.

            What was obtained by the old password ends: your other sign-ins with what they have opened, and your service tokens. \
            Your webhooks pause until you revive them. The login that is kept here goes on. Administrators give others a password with pulsar-relay user set-password.

            Example: pulsar-relay password
            """
    )

    @OptionGroup var relay: RelayOptions

    func run() async throws {
        let client = try self.relay.client(maxAttempts: 1)
        let username = try await client.whoami().username
        let passwords = try PasswordPair.read(of: "\(username) at \(client.endpoint)")
        let before = try await client.signIns()
        try await client.changePassword(from: passwords.old, to: passwords.new)
        // The new sign-in is this login.
        try StandardStreams.result(self.report(username, client.endpoint, ended: before))
    }

    private func report(_ username: String, _ endpoint: RelayEndpoint, ended: [JSONDocument]) -> String {
        guard self.relay.json else {
            let signIns = ended.map {
                "  " + self.relay.format.line($0, showing: ["client_hint", "issued_at"], bare: 2)
            }
            let changed = "Changed the password of \(username) at \(endpoint). You are still logged in here."
            let heading = "Ended, with all that they had opened (this login has a new sign-in):"
            return ([changed] + (signIns.isEmpty ? [] : [heading] + signIns)).joined(separator: "\n")
        }
        let report: JSONDocument = [
            "url": .string(endpoint.description), "username": .string(username), "ended": .array(ended),
        ]
        return report.text
    }
}

/// The old and the new password of somebody who changes it.
private struct PasswordPair {
    let old: String
    let new: String

    /// - Parameter whose: for the prompt.
    static func read(of whose: String) throws -> PasswordPair {
        guard TerminalPassword.canAsk else {
            guard let old = readLine(), let new = readLine(), !new.isEmpty else {
                throw UsageError("give the old and the new password on two lines of standard input")
            }
            return PasswordPair(old: old, new: new)
        }
        let old = try self.ask("Old password of \(whose): ")
        let new = try self.ask("New password: ")
        guard try self.ask("The new password again: ") == new else {
            throw UsageError("the two new passwords differ: nothing is changed")
        }
        return PasswordPair(old: old, new: new)
    }

    private static func ask(_ prompt: String) throws -> String {
        guard let password = try TerminalPassword.ask(prompt) else { throw ExitCode(CommandStatus.failure.rawValue) }
        return password
    }
}
