import ArgumentParser
import Foundation
import RelayClient
import RelayCommands
import RelayServer
import RelayStorage

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Back up what a relay keeps, restore it, and move it to another store.",
        discussion: """
            Example: pulsar-relay store backup /backups/relay.sqlite3 --data-dir data
            Example: pulsar-relay store restore /backups/relay.sqlite3 --data-dir data
            """,
        subcommands: [Backup.self, Restore.self, StoreCopyCommand.self]
    )

    /// Where secrets are that belong to a backup.
    static func secretsFolder(of file: String) -> String { file + ".secrets" }

    /// When it was done, at the end of a file's name.
    static var stamp: String {
        "before-" + Date.now.ISO8601Format().replacing(":", with: "")
    }

    /// - Throws: ``UsageError`` where the configured store is no file.
    static func dataDirectory(_ server: ServerOptions) throws -> String {
        let storage = try server.load().configuration.storage
        guard storage.backend == .sqlite else {
            throw UsageError("storage_backend is \(storage.backend): backup and restore are for sqlite")
        }
        return storage.dataDirectory
    }

    struct Backup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "backup",
            abstract: "Copy the sqlite database of a relay, which may be running, into one file.",
            discussion: """
                The copy is of one moment. It gets its name when it is whole and was checked; a file that is there already is never \
                overwritten. It holds users with their password hashes, topics, messages and tokens, so keep it private.

                It does not hold what is in no database: the configuration, the messages of topics whose durability is memory, and the \
                secrets that the relay made in its data directory. The command says which secrets those are. --secrets copies \
                them too, into the folder FILE.secrets.

                Example: pulsar-relay store backup /backups/relay-monday.sqlite3 --secrets
                """
        )

        @OptionGroup var server: ServerOptions

        @Argument(help: "The copy's file.")
        var file: String

        @Flag(help: "Copy the relay's own secrets too, into FILE.secrets.")
        var secrets = false

        @Flag(help: "Write a line of JSON.")
        var json = false

        func run() async throws {
            let directory = try StoreCommand.dataDirectory(self.server)
            let file = self.file
            if self.secrets, RelaySecrets.areThere(in: StoreCommand.secretsFolder(of: file)) {
                throw UsageError("\(StoreCommand.secretsFolder(of: file)) holds secrets already: give another name")
            }
            let line = ProgressLine(isShown: isatty(STDERR_FILENO) == 1)
            let bytes = try await LongWork.run { watch in
                defer { line.end() }
                return try SQLiteBackup.make(of: directory, at: file) { progress in
                    try watch.check()
                    line.tell("\(progress.copied >> 20) of \(progress.total >> 20) MiB")
                }
            }
            let secrets = RelaySecrets(in: directory)
            let copied = self.secrets ? try secrets.copy(to: StoreCommand.secretsFolder(of: file), stamp: nil) : []
            try self.report(bytes, copied)
            for secret in secrets.present where !copied.contains(secret.name) {
                StandardStreams.notice("not in it: \(directory)/\(secret.name), which \(secret.meaning)")
            }
        }

        private func report(_ bytes: Int, _ secrets: [String]) throws {
            guard self.json else {
                try StandardStreams.result("Backed up \(bytes >> 10) KiB to \(self.file).")
                guard !secrets.isEmpty else { return }
                return try StandardStreams.result(
                    "With \(secrets.joined(separator: ", ")) in \(StoreCommand.secretsFolder(of: self.file))."
                )
            }
            let report: JSONDocument = [
                "file": .string(self.file), "bytes": .number(JSONNumber(bytes)),
                "secrets": .array(secrets.map(JSONDocument.string)),
            ]
            try StandardStreams.result(report.text)
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "restore",
            abstract: "Put a backup in the place of a stopped relay's database.",
            discussion: """
                Stop the relay first: the command refuses while one runs on the data directory. The backup is checked, and brought up to \
                date where an older version made it. The database that is there is kept, under a name that the command says.

                Messages that came after the backup are gone. So all readers are told of a gap. Where the relay was stopped \
                before the backup was made, nothing is gone: say --whole, and readers are told nothing.

                --secrets restores the secrets too, from the folder FILE.secrets.

                Example: pulsar-relay store restore /backups/relay-monday.sqlite3 --secrets
                """
        )

        @OptionGroup var server: ServerOptions

        @Argument(help: "The backup's file.")
        var file: String

        @Flag(help: "Restore the relay's own secrets too, from FILE.secrets.")
        var secrets = false

        @Flag(help: "Nothing was stored since the backup was made: tell readers of no gap.")
        var whole = false

        @Flag(help: "Write a line of JSON.")
        var json = false

        func run() async throws {
            let directory = try StoreCommand.dataDirectory(self.server)
            let kept = RelaySecrets(in: StoreCommand.secretsFolder(of: self.file))
            if self.secrets, kept.present.isEmpty {
                throw UsageError("there are no secrets in \(StoreCommand.secretsFolder(of: self.file))")
            }
            let (file, isWhole, stamp) = (self.file, self.whole, StoreCommand.stamp)
            let line = ProgressLine(isShown: isatty(STDERR_FILENO) == 1)
            let report = try await LongWork.run { watch in
                defer { line.end() }
                return try SQLiteRestore.run(from: file, into: directory, stamp: stamp, isWhole: isWhole) { progress in
                    try watch.check()
                    line.tell("\(progress.copied >> 20) of \(progress.total >> 20) MiB")
                }
            }
            let restored = self.secrets ? try kept.copy(to: directory, stamp: stamp) : []
            try self.say(report, restored, in: directory)
            guard !self.secrets else { return }
            for secret in kept.present {
                StandardStreams.notice("not restored: \(secret.name), which \(secret.meaning); --secrets restores it")
            }
        }

        private func say(_ report: SQLiteRestore.Report, _ secrets: [String], in directory: String) throws {
            guard self.json else {
                try StandardStreams.result("Restored \(self.file) to \(directory).")
                if let former = report.former { try StandardStreams.result("The former database is \(former).") }
                if !secrets.isEmpty { try StandardStreams.result("With \(secrets.joined(separator: ", ")).") }
                return
            }
            let said: JSONDocument = [
                "file": .string(self.file), "former": report.former.map(JSONDocument.string) ?? .null,
                "streams": .number(JSONNumber(report.streams)), "secrets": .array(secrets.map(JSONDocument.string)),
            ]
            try StandardStreams.result(said.text)
        }
    }
}
