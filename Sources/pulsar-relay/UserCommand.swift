import ArgumentParser
import RelayAccess
import RelayClient
import RelayCommands
import RelayCore
import RelayWire

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Manage users: at a relay, or in the configured store itself.",
        discussion: """
            With --url or $PULSAR_RELAY_URL the relay is asked, from anywhere, as an administrator who has logged in. Without it, and \
            with --store, --config or --data-dir, the commands work on the configured store itself: for the first administrator, and \
            for rescue. A relay that runs on that store notices within a minute. Where there is no store here, the relay of the last \
            login is asked.

            Example: pulsar-relay user create bob --permissions read write
            Example: pulsar-relay user list --url https://relay.example.org
            """,
        subcommands: [
            Create.self, List.self, Change.self, SetPassword.self, Disable.self, Delete.self,
            UserSessionsCommand.List.self, UserSessionsCommand.End.self,
        ]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create",
            abstract: "Create a user.",
            discussion: """
                Example: pulsar-relay user create bob --permissions read write
                Example: pulsar-relay user create bob --url https://relay.example.org --password-stdin
                """
        )

        @OptionGroup var accounts: AccountsOptions
        @OptionGroup var password: PasswordInput

        @Argument(help: "3 to 50 characters.")
        var username: String

        @Option(parsing: .upToNextOption, help: "Any of admin, read, write.")
        var permissions: [String] = ["read", "write"]

        @Option(help: "The user's address. Default: none.")
        var email: String?

        func run() async throws {
            let client = try self.accounts.client()
            let password = try self.password.read(prompt: "New password of \(self.username): ")
            let format = self.accounts.relay.format
            guard let client else { return try await self.createInStore(password, format) }
            let user = try await client.createUser(
                self.username,
                password: password,
                email: self.email,
                permissions: PermissionNames.of(self.permissions)
            )
            try self.report(format.line(user), user.username, user.userID, " at \(client.endpoint)")
        }

        private func createInStore(_ password: String, _ format: OutputFormat) async throws {
            try await OpenStore.with(self.accounts.server, makesStore: true) { opened in
                let user = try await opened.users.register(
                    UserRegistration(
                        username: self.username,
                        password: password,
                        email: self.email,
                        permissions: PermissionNames.of(self.permissions)
                    )
                )
                try self.report(format.line(user), user.username, user.id.rawValue, "")
            }
        }

        private func report(_ line: String, _ name: String, _ id: String, _ place: String) throws {
            if self.accounts.relay.json { return try StandardStreams.result(line) }
            StandardStreams.say("Created \(name) (\(id))\(place).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "List all users.",
            discussion: "Example: pulsar-relay user list --url https://relay.example.org"
        )

        @OptionGroup var accounts: AccountsOptions

        func run() async throws {
            let format = self.accounts.relay.format
            if let client = try self.accounts.client() {
                for user in try await client.users() { try StandardStreams.result(format.line(user)) }
                return
            }
            try await OpenStore.with(self.accounts.server) { opened in
                try await opened.forEachUser { try StandardStreams.result(format.line($0)) }
            }
        }
    }

    struct Change: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "change",
            abstract: "Change what is given of a user: permissions, address, or whether it may log in.",
            discussion: """
                Permissions that are taken away end at once, on open connections too.

                Example: pulsar-relay user change bob --permissions read
                Example: pulsar-relay user change bob --inactive
                """
        )

        @OptionGroup var accounts: AccountsOptions

        @Argument(help: "The user's name.")
        var username: String

        @Option(parsing: .upToNextOption, help: "Any of admin, read, write, in the place of those there were.")
        var permissions: [String] = []

        @Option(help: "The user's address.")
        var email: String?

        @Flag(inversion: .prefixedNo, help: "Whether the user may log in.")
        var active: Bool?

        @Flag(help: "The same as --no-active.")
        var inactive = false

        func validate() throws {
            guard !self.permissions.isEmpty || self.email != nil || self.active != nil || self.inactive else {
                throw ValidationError("give --permissions, --email, --active or --inactive")
            }
            guard !self.inactive || self.active != true else {
                throw ValidationError("--active or --inactive, not both")
            }
        }

        func run() async throws {
            let permissions = self.permissions.isEmpty ? nil : PermissionNames.of(self.permissions)
            let isActive = self.inactive ? false : self.active
            try await UserChange(accounts: self.accounts, username: self.username).run(
                AccountChanges(email: self.email, permissions: permissions, isActive: isActive),
                UserPatch(email: self.email.map { .some($0) }, permissions: permissions, isActive: isActive),
                saying: "Changed"
            )
        }
    }

    struct SetPassword: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set-password",
            abstract: "Give a user a new password.",
            discussion: "What was obtained by the old one ends. Example: pulsar-relay user set-password bob"
        )

        @OptionGroup var accounts: AccountsOptions
        @OptionGroup var password: PasswordInput

        @Argument(help: "The user's name.")
        var username: String

        func run() async throws {
            let password = try self.password.read(prompt: "New password of \(self.username): ")
            try await UserChange(accounts: self.accounts, username: self.username).run(
                AccountChanges(password: password),
                UserPatch(password: password),
                saying: "Changed the password of"
            )
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable",
            abstract: "Shut a user out. Nothing of the user's is deleted.",
            discussion: "Example: pulsar-relay user disable bob"
        )

        @OptionGroup var accounts: AccountsOptions

        @Argument(help: "The user's name.")
        var username: String

        func run() async throws {
            try await UserChange(accounts: self.accounts, username: self.username).run(
                AccountChanges(isActive: false),
                UserPatch(isActive: false),
                saying: "Disabled"
            )
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete a user with its grants and tokens. Its topics stay.",
            discussion: "Example: pulsar-relay user delete bob --url https://relay.example.org"
        )

        @OptionGroup var accounts: AccountsOptions

        @Argument(help: "The user's name.")
        var username: String

        func run() async throws {
            if let client = try self.accounts.client() {
                try await client.deleteUser(try await client.user(self.username).userID)
            } else {
                try await OpenStore.with(self.accounts.server) { opened in
                    let user = try await opened.user(named: self.username)
                    // By nobody: on the store there is no caller who could delete itself.
                    _ = try await opened.users.delete(user.id, by: UserID(""))
                }
            }
            StandardStreams.say("Deleted \(self.username).")
        }
    }
}

/// A change of a user, at a relay or in its store.
private struct UserChange {
    let accounts: AccountsOptions
    let username: String

    func run(_ changes: AccountChanges, _ patch: UserPatch, saying done: String) async throws {
        let format = self.accounts.relay.format
        if let client = try self.accounts.client() {
            let user = try await client.user(self.username)
            return try self.report(format.line(try await client.updateUser(user.userID, changes)), done)
        }
        try await OpenStore.with(self.accounts.server) { opened in
            let user = try await opened.user(named: self.username)
            try self.report(format.line(try await opened.users.update(user.id, patch)), done)
        }
    }

    private func report(_ line: String, _ done: String) throws {
        if self.accounts.relay.json { return try StandardStreams.result(line) }
        StandardStreams.say("\(done) \(self.username).")
    }
}

extension OutputFormat {
    /// A user as its store has it.
    fileprivate func line(_ user: User) -> String {
        self.userLine(
            id: user.id.rawValue,
            name: user.username,
            email: user.email,
            isActive: user.isActive,
            permissions: user.permissions.names,
            createdAt: "\(user.createdAt)"
        )
    }
}
