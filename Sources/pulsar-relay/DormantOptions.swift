import ArgumentParser

/// Flags of the session service that have no effect here. So its command lines go on working, and the log names these.
struct DormantOptions: ParsableArguments {
    @Option var databaseUrl: String?
    @Option var storageDir: String?

    /// Those that are given, by their keys.
    var flags: [String: String] {
        let all = ["database_url": self.databaseUrl, "storage_dir": self.storageDir]
        return all.compactMapValues(\.self)
    }
}
