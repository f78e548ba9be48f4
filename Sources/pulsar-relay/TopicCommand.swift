import ArgumentParser
import RelayCore

struct TopicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topic",
        abstract: "Look at topics straight in the configured store.",
        subcommands: [List.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List all topics.")

        /// Topics read at a time.
        private static let pageSize = 500

        @OptionGroup var server: ServerOptions

        func run() async throws {
            try await OpenStore.with(self.server) { opened in
                var last: TopicKey?
                repeat {
                    let page = try await opened.store.topics(after: last, limit: Self.pageSize)
                    for topic in page { try StandardStreams.result(Self.line(topic)) }
                    last = page.count == Self.pageSize ? page.last?.record.key : nil
                } while last != nil
            }
        }

        private static func line(_ topic: StoredTopic) -> String {
            let visibility = topic.record.isPublic ? "public" : "private"
            let counts = "\(topic.bounds.count) messages, \(topic.grants.count) grants"
            return "\(topic.record.key)  \(topic.record.kind)  \(visibility)  owner \(topic.record.owner)  \(counts)"
        }
    }
}
