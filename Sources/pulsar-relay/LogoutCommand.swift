import ArgumentParser
import RelayClient
import RelayCommands

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "End the login: revoke its tokens on the relay, and remove them from this machine.",
        discussion: """
            What the tokens have opened ends. The tokens are removed from this machine even if the relay can't be reached.

            Example: pulsar-relay logout
            """
    )

    @OptionGroup var relay: RelayOptions

    func run() async throws {
        let file = RelayOptions.credentialsFile
        let endpoint = try self.relay.endpoint(file.read())
        let store = FileTokenStore(file: file, url: endpoint.description)
        let client = try self.relay.client(maxAttempts: 1)
        do {
            try await client.logOut()
        } catch {
            StandardStreams.notice("the relay could not be told, so its tokens live on until they expire: \(error)")
        }
        let username = try await store.forget()
        StandardStreams.say(
            username.map { "Logged out \($0) of \(endpoint)." } ?? "Nobody is logged in to \(endpoint)."
        )
    }
}
