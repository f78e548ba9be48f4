import ArgumentParser
import RelayClient

/// Whose entries a list has.
struct OwnerOptions: ParsableArguments {
    @Option(help: "This user's, by name. For administrators.")
    var user: String?

    @Flag(help: "Everybody's. For administrators.")
    var all = false

    func validate() throws {
        guard self.user == nil || !self.all else { throw ValidationError("--user or --all, not both") }
    }

    func owner(_ client: RelayClient) async throws -> ListedOwner {
        if self.all { return .everybody }
        guard let user = self.user else { return .caller }
        return .user(try await client.user(user).userID)
    }

    /// What stands behind an entry for people, where it may be anybody's.
    func suffix(_ userID: String, _ relay: RelayOptions) -> String { self.all && !relay.json ? "  of \(userID)" : "" }
}
