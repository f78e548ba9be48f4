import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import RelayClient
import RelayCommands
import RelayCore
import RelayServer
import RelayStorage
import Synchronization

struct StoreCopyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Move a relay from sqlite to a Valkey, or back: copy all that one store holds to an empty one.",
        discussion: """
            Stop the relays of both stores first: the command refuses while one runs. Users keep their passwords and tokens, topics their grants, states and named readers, \
            and messages their ids: readers go on where they were. In the end the two are compared, message by message.

            What breaks off is gone on with by the same command. Until it is done no relay starts on the copy.

            A store is the folder of an sqlite database, or valkey://host[:port][/number][?prefix=text] (with TLS valkeys://). What the \
            URL does not say comes from the configuration: give a password as $PULSAR_VALKEY_PASSWORD, since others see \
            this command line.

            Left behind is what lives for minutes only: signaling that nobody has read yet, counts of requests, and what is \
            remembered of Idempotency-Key. In a database are no secrets: give the relay on the new store the jwt_secret_key of \
            the old, or copy the file jwt-secret.

            Example: pulsar-relay store copy --from data --to valkey://127.0.0.1:6379
            """
    )

    @OptionGroup var server: ServerOptions

    @Option(help: "The store to read: a folder, or a URL.")
    var from: String

    @Option(help: "The store to fill, which is empty, or holds a copy of the same that broke off.")
    var to: String

    @Flag(help: "Write a line of JSON.")
    var json = false

    func run() async throws {
        let (source, target) = (try StoreAddress(self.from), try StoreAddress(self.to))
        guard source != target else { throw UsageError("--from and --to are the same store") }
        if let directory = source.directory, !SQLiteStore.exists(in: directory) { throw NoStore(directory: directory) }
        let base = try self.server.load().configuration
        let line = ProgressLine(isShown: isatty(STDERR_FILENO) == 1)
        let result = Mutex<CopyProgress?>(nil)
        try await Interruption.run {
            try await Self.withStores(source.configuration(base), target.configuration(base)) { from, to in
                let copy = StoreCopy(from: from, to: to, at: RelayClock.system.now(), clock: RelayClock.system.now) {
                    line.tell(Self.text($0))
                }
                let copied = try await copy.run(from: source.description)
                result.withLock { $0 = copied }
            }
        }
        line.end()
        guard let copied = result.withLock({ $0 }) else { throw CopyBrokenOff() }
        try self.report(copied, source, target)
    }

    private static func withStores(
        _ source: RelayConfiguration,
        _ target: RelayConfiguration,
        _ body: (any RelayStore, any RelayStore) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let result: Result<Void, any Error>
        do {
            let from = try await source.openStore(on: group)
            do {
                let to = try await target.openStore(on: group)
                result = await Self.attempt { try await body(from, to) }
                await to.close()
            } catch {
                await from.close()
                throw error
            }
            await from.close()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    private static func attempt(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    private static func text(_ progress: CopyProgress) -> String {
        switch progress.step {
        case .users: "\(progress.users) users"
        case .topics: "\(progress.topics) topics, \(progress.readers) named readers"
        case .messages: "\(progress.streams) topics, \(progress.messages) messages, \(progress.bytes >> 20) MiB"
        case .comparing: "comparing: \(progress.compared) messages"
        }
    }

    private func report(_ copied: CopyProgress, _ source: StoreAddress, _ target: StoreAddress) throws {
        if copied.unreadable > 0 {
            StandardStreams.notice(
                "warning: \(copied.unreadable) messages or more can't be read in \(source), and were left behind"
            )
        }
        if copied.withoutHoles > 0 {
            StandardStreams.notice(
                "warning: \(copied.withoutHoles) topics have lost messages once; \(target) can't tell readers without an epoch of it"
            )
        }
        guard !self.json else { return try StandardStreams.result(Self.json(copied).text) }
        try StandardStreams.result(
            "Copied \(copied.users) users, \(copied.topics) topics, \(copied.tokens) tokens, \(copied.readers) named readers and "
                + "\(copied.messages) messages from \(source) to \(target), and compared \(copied.compared) messages."
        )
    }

    private static func json(_ copied: CopyProgress) -> JSONDocument {
        [
            "users": .number(JSONNumber(copied.users)), "tokens": .number(JSONNumber(copied.tokens)),
            "topics": .number(JSONNumber(copied.topics)), "readers": .number(JSONNumber(copied.readers)),
            "audit_records": .number(JSONNumber(copied.auditRecords)), "waiting": .number(JSONNumber(copied.waiting)),
            "streams": .number(JSONNumber(copied.streams)), "messages": .number(JSONNumber(copied.messages)),
            "bytes": .number(JSONNumber(copied.bytes)), "compared": .number(JSONNumber(copied.compared)),
            "unreadable": .number(JSONNumber(copied.unreadable)),
        ]
    }
}

/// A person ended the copy before it was done.
struct CopyBrokenOff: Error, CustomStringConvertible {
    var description: String { "broken off: the same command goes on from here" }
}
