import ArgumentParser
import RelayAccess
import RelayCommands
import RelayCore

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Manage users straight in the configured store: for the first administrator, and for rescue.",
        discussion: """
            A relay that runs on the same store notices within a minute.

            Example: pulsar-relay user create bob --permissions read write
            """,
        subcommands: [Create.self, List.self, SetPassword.self, Disable.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "create", abstract: "Create a user.")

        @OptionGroup var server: ServerOptions
        @OptionGroup var password: PasswordInput

        @Argument(help: "3 to 50 characters.")
        var username: String

        @Option(parsing: .upToNextOption, help: "Any of admin, read, write.")
        var permissions: [String] = ["read", "write"]

        @Option(help: "The user's address. Default: none.")
        var email: String?

        func run() async throws {
            let password = try self.password.read(prompt: "New password of \(self.username): ")
            try await OpenStore.with(self.server, makesStore: true) { opened in
                let user = try await opened.users.register(
                    UserRegistration(
                        username: self.username,
                        password: password,
                        email: self.email,
                        permissions: self.permissions
                    )
                )
                StandardStreams.say("Created \(user.username) (\(user.id)).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List all users.")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await OpenStore.with(self.server) { opened in
                try await opened.forEachUser { user in
                    let permissions = user.permissions.names.joined(separator: ",")
                    let state = user.isActive ? "active" : "inactive"
                    try StandardStreams.result("\(user.id)  \(user.username)  \(state)  \(permissions)")
                }
            }
        }
    }

    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-password",
            abstract: "Give a user a new password."
        )

        @OptionGroup var server: ServerOptions
        @OptionGroup var password: PasswordInput

        @Argument
        var username: String

        func run() async throws {
            let password = try self.password.read(prompt: "New password of \(self.username): ")
            try await OpenStore.with(self.server) { opened in
                let user = try await opened.user(named: self.username)
                _ = try await opened.users.update(user.id, UserPatch(password: password))
                StandardStreams.say("Changed the password of \(user.username).")
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable",
            abstract: "Shut a user out. Nothing of the user's is deleted."
        )

        @OptionGroup var server: ServerOptions

        @Argument
        var username: String

        func run() async throws {
            try await OpenStore.with(self.server) { opened in
                let user = try await opened.user(named: self.username)
                _ = try await opened.users.update(user.id, UserPatch(isActive: false))
                StandardStreams.say("Disabled \(user.username).")
            }
        }
    }
}
