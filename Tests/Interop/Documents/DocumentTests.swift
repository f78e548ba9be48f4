import Foundation
import ProgramFixture
import Testing

/// What the documents say is tried: new examples and links are found by themselves.
@Suite("Documents", .serialized, .timeLimit(.minutes(5)))
struct DocumentTests {
    /// Sets the variables that the others use.
    private static let variables = "docs/README.md"

    private static let withExamples = MarkdownDocument.all.filter { document in
        document.shellExamples.contains { [.toItsEnd, .untilInterrupted].contains($0.manner) }
    }

    @Test("Every shell example runs, and what it answers looks as the document says", arguments: Self.withExamples)
    func examples(document: MarkdownDocument) async throws {
        var examples = document.shellExamples
        if ![Self.variables, "README.md"].contains(document.path) {
            examples = try MarkdownDocument(reading: Self.variables).shellExamples + examples
        }
        let several = document.blocks.contains { $0.text.contains("make run-several") }
        try await Self.inFolder { folder in
            let stage = several ? try await ExampleStage.several(in: folder) : try await ExampleStage.one(in: folder)
            let session = ShellSession(
                folder: folder,
                ports: stage.ports,
                password: stage.password,
                settings: stage.settings
            )
            let result: Result<Void, any Error>
            do {
                result = .success(try await session.run(examples))
            } catch {
                result = .failure(error)
            }
            try await stage.stop()
            try result.get()
        }
    }

    @Test("Examples say how they are run, and those that can't be are few and say why")
    func manners() {
        let examples = MarkdownDocument.all.flatMap(\.shellExamples)
        for example in examples { #expect(example.manner != .unknown, "\(example.place): \(example.block.note)") }
        let unrun = examples.filter { if case .not = $0.manner { true } else { false } }
        #expect(unrun.count * 8 <= examples.count, "\(unrun.map(\.place)) of \(examples.count)")
    }

    @Test("Every JSON example is JSON", arguments: MarkdownDocument.all)
    func json(document: MarkdownDocument) {
        for block in document.blocks where block.language == "json" {
            #expect(throws: Never.self, "\(document.path):\(block.line)") {
                _ = try JSONShape(parsing: Data(block.text.utf8))
            }
        }
    }

    @Test("Every example of a configuration file is taken", arguments: MarkdownDocument.all)
    func configurations(document: MarkdownDocument) async throws {
        for block in document.blocks where ["yaml", "toml"].contains(block.language) {
            try await Self.inFolder { folder in
                let name = "config.\(block.language)"
                try block.text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
                let check = try ChildProcess(
                    Installation.relay,
                    ["config", "check", "--config", name],
                    environment: Installation.environment,
                    directory: folder,
                    log: folder.appending(path: "check.log")
                )
                let exit = try await check.exit(within: .seconds(30))
                #expect(exit == .code(0), "\(document.path):\(block.line): \(check.lastWords)")
            }
        }
    }

    @Test("Every link within the tree leads somewhere", arguments: MarkdownDocument.all)
    func links(document: MarkdownDocument) throws {
        for link in document.links where !link.target.contains("://") {
            let parts = link.target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init
            )
            let folder = document.file.deletingLastPathComponent()
            let file = (parts[0].isEmpty ? document.file : folder.appending(path: parts[0])).standardized
            let place = "\(document.path):\(link.line): \(link.target)"
            #expect(FileManager.default.fileExists(atPath: file.path()), "\(place)")
            guard parts.count > 1, let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
            #expect(MarkdownDocument(path: "", text: text).anchors.contains(parts[1]), "\(place)")
        }
    }

    @Test("Every make target that a document names is there")
    func targets() throws {
        let makefile = try String(contentsOf: Installation.package.appending(path: "Makefile"), encoding: .utf8)
        let targets = Set(makefile.matches(of: /(?m)^([a-z-]+):/).map { String($0.1) })
        for document in MarkdownDocument.all {
            let text = try String(contentsOf: document.file, encoding: .utf8)
            for match in text.matches(of: /(?:`|\n)make ([a-z-]+)/) {
                #expect(targets.contains(String(match.1)), "\(document.path) names make \(match.1)")
            }
        }
    }

    @Test("Every file and folder of the tree that a document names is there", arguments: MarkdownDocument.all)
    func paths(document: MarkdownDocument) throws {
        let text = try String(contentsOf: document.file, encoding: .utf8)
        for match in text.matches(of: /`((?:Sources|Tests|Benchmarks|docker|kubernetes|scripts)\/[\w+.\/-]+)`/) {
            let path = Installation.package.appending(path: String(match.1)).path()
            #expect(FileManager.default.fileExists(atPath: path), "\(document.path) names \(match.1)")
        }
    }

    private static func inFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pulsar-relay-docs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }
}
