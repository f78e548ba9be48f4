import Foundation
import ProgramFixture

/// A program that judges, or writes histories: Debian's node-yjs, or Yrs in PyPI's pycrdt.
enum Counterpart: String {
    case yjs
    case yrs

    /// What it makes of updates.
    struct Verdict: Decodable, Hashable {
        let content: String
        let vector: String
        let pending: Bool
    }

    /// What a client's awareness has become.
    struct Presence: Decodable {
        let clock: Int
        let shown: Bool
        let others: [UInt64]
        let sent: [String]
    }

    private struct PresenceInput: Encodable {
        let id: Int
        let clock: Int
        let updates: [String]
    }

    struct Failure: Error {
        let text: String
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "counterparts")
    /// Debian's.
    private static let nodePath = "/usr/share/nodejs"

    /// A Python that has pycrdt: `DOCUMENTS_PYTHON`, or the package's own environment.
    private static let python: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        return ProcessInfo.processInfo.environment["DOCUMENTS_PYTHON"]
            ?? root.appending(path: ".build/interop-venv/bin/python").path(percentEncoded: false)
    }()

    var isInstalled: Bool {
        switch self {
        case .yjs: FileManager.default.fileExists(atPath: "\(Self.nodePath)/yjs/package.json")
        case .yrs: FileManager.default.isExecutableFile(atPath: Self.python)
        }
    }

    /// - Parameter documents: the updates that each is to make one document of.
    func judge(_ documents: [[String]]) async throws -> [Verdict] {
        let output = try await self.run("judge", [], input: JSONEncoder().encode(documents))
        return try Self.checked(JSONDecoder().decode([Verdict].self, from: output), documents.count)
    }

    /// An answer to each question: tests go through both side by side.
    private static func checked<Answer>(_ answers: [Answer], _ questions: Int) throws(Failure) -> [Answer] {
        guard answers.count == questions else {
            throw Failure(text: "\(answers.count) answers to \(questions) questions")
        }
        return answers
    }

    /// What it shows of the documents that updates make.
    func content(of documents: [[String]]) async throws -> [ShownContent] {
        let output = try await self.run("content", [], input: JSONEncoder().encode(documents))
        guard let shown = try JSONSerialization.jsonObject(with: output) as? [NSDictionary] else {
            throw Failure(text: "no list of documents")
        }
        return try Self.checked(shown.map { ShownContent(members: $0) }, documents.count)
    }

    /// What it says against each update; nothing where it can read it.
    func complaints(about updates: [String]) async throws -> [String] {
        let output = try await self.run("readable", [], input: JSONEncoder().encode(updates))
        return try Self.checked(JSONDecoder().decode([String].self, from: output), updates.count)
    }

    /// What becomes of a client that has shown itself with a clock, and hears awareness updates. Only Yjs.
    func awareness(id: Int, clock: Int, _ updates: [[UInt8]]) async throws -> Presence {
        let input = PresenceInput(id: id, clock: clock, updates: updates.map { hex($0) })
        let output = try await self.run("awareness", [], input: JSONEncoder().encode(input))
        return try JSONDecoder().decode(Presence.self, from: output)
    }

    /// How many batches of random histories are tried: `DOCUMENTS_BATCHES`, 4 if it is not set.
    static let batches: Int = {
        ProcessInfo.processInfo.environment["DOCUMENTS_BATCHES"].flatMap { Int($0) } ?? 4
    }()

    /// Histories of random edits that it wrote.
    func histories(from seed: Int, count: Int) async throws -> [History] {
        let output = try await self.run("histories", ["\(seed)", "\(count)"], input: Data())
        return try Self.checked(JSONDecoder().decode([History].self, from: output), count)
    }

    /// Has copies of the example page and copies of Yjs' own edit documents at random. Only Yjs.
    ///
    /// - Returns: what went wrong in each history where something did.
    func failures(ofExamplePageFrom seed: Int, count: Int) async throws -> [String] {
        let output = try await self.run("example", ["\(seed)", "\(count)"], input: Data())
        return try JSONDecoder().decode([String].self, from: output)
    }

    private func run(_ script: String, _ arguments: [String], input: Data) async throws -> Data {
        let name = "\(script).\(self == .yjs ? "mjs" : "py")"
        let path = Self.folder.appending(path: name).path(percentEncoded: false)
        return try await Self.run(self == .yjs ? "node" : Self.python, [path] + arguments, input: input)
    }

    private static func run(_ program: String, _ arguments: [String], input: Data) async throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appending(path: "documents-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try input.write(to: folder.appending(path: "in"))
        // Through files, so that neither side waits for a full pipe.
        let process = try ChildProcess(
            URL(filePath: "/bin/sh"),
            ["-c", "exec \"$@\" <in >out", "sh", program] + arguments,
            environment: ProcessInfo.processInfo.environment.merging(["NODE_PATH": Self.nodePath]) { $1 },
            directory: folder,
            log: folder.appending(path: "log")
        )
        guard try await process.exit(within: .seconds(240)) == .code(0) else {
            throw Failure(text: "\(program) \(arguments) failed: \(process.lastWords)")
        }
        return try Data(contentsOf: folder.appending(path: "out"))
    }
}
