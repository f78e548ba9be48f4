import Foundation
import ProgramFixture
import Testing

/// One shell that runs the examples of a document one after another, as its reader would.
///
/// Variables and files stay from one example to the next. `PASSWORD` and the addresses of the examples are those of the relays under
/// test. `pulsar-relay` is the program as built. An answer of 400 or more fails `curl`, and a command that fails ends the session.
struct ShellSession {
    let folder: URL
    /// In the order of the examples' ports: the first stands for 8080.
    let ports: [Int]
    let password: String
    /// What the examples' reader has set beside.
    let settings: [String: String]

    /// Runs them all. What fails, and an answer that has another shape than the document says, is the test's failure.
    func run(_ examples: [ShellExample]) async throws {
        let home = self.folder.appending(path: "home")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        try self.linkTree()
        try "fail\nshow-error\n".write(to: home.appending(path: ".curlrc"), atomically: true, encoding: .utf8)
        let script = home.appending(path: "session.sh")
        try self.script(examples, in: home).write(to: script, atomically: true, encoding: .utf8)
        var environment = Installation.environment.filter { !$0.key.hasPrefix("XDG_") }
        environment["HOME"] = home.path()
        environment["PATH"] = Installation.relay.deletingLastPathComponent().path() + ":" + (environment["PATH"] ?? "")
        // Asked for on a terminal, which there is none of.
        environment["PULSAR_PASSWORD"] = self.password
        environment.merge(self.settings) { $1 }
        let shell = try ChildProcess(
            URL(filePath: "/bin/bash"),
            [script.path()],
            environment: environment,
            directory: self.folder,
            log: home.appending(path: "session.log")
        )
        let exit = try await shell.exit(within: .seconds(120))
        guard exit == .code(0) else {
            let place = try? String(contentsOf: home.appending(path: "place"), encoding: .utf8)
            Issue.record("\(place ?? "?") failed: \(exit)\n\(shell.lastWords)")
            return
        }
        for (index, example) in examples.enumerated() {
            guard let answer = example.answer else { continue }
            let real = try JSONShape(parsing: Data(contentsOf: home.appending(path: "\(index).json")))
            let differences = try JSONShape(parsing: Data(answer.text.utf8)).differences(to: real)
            #expect(differences.isEmpty, "the answer to \(example.place)")
        }
    }

    /// What examples use that are run in the repository's root.
    private func linkTree() throws {
        for name in ["kubernetes", "scripts"] {
            let link = self.folder.appending(path: name)
            let isThere = (try? FileManager.default.destinationOfSymbolicLink(atPath: link.path())) != nil
            guard !isThere else { continue }
            let folder = Installation.package.appending(path: name)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder)
        }
    }

    private func script(_ examples: [ShellExample], in home: URL) throws -> String {
        var script = """
            set -euo pipefail
            ended() {
                [ "$1" -eq 0 ] || cat "$output" >&2
                # What it left running: with what it started in turn, where it has a process group of its own.
                for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || kill "$job" 2>/dev/null || true; done
            }
            trap 'ended $?' EXIT

            """
        for (index, example) in examples.enumerated() {
            let file = home.appending(path: String(index)).path()
            try self.substituted(example.block.text).write(toFile: file + ".sh", atomically: true, encoding: .utf8)
            script += "echo '\(example.place)' >'\(home.path())/place'; output='\(file).out'\n"
            script += self.commands(for: example.manner, file)
            if example.answer != nil { script += "jq -cs '.[-1]' '\(file).out' >'\(file).json'\n" }
        }
        return script
    }

    private func commands(for manner: ExampleManner, _ file: String) -> String {
        switch manner {
        case .toItsEnd:
            "source '\(file).sh' </dev/null >'\(file).out'\n"
        case .untilInterrupted:
            """
            set -m
            ( source '\(file).sh' ) </dev/null >'\(file).out' &
            set +m
            for ((tries = 0; tries < 600; tries++)); do
                [ ! -s '\(file).out' ] && kill -0 $! 2>/dev/null || break
                sleep 0.1
            done
            [ -s '\(file).out' ] || { echo 'nothing was written' >&2; exit 1; }
            kill -TERM -- -$!
            wait $! || true

            """
        case .not, .unknown:
            ""
        }
    }

    private func substituted(_ text: String) -> String {
        var text = text.replacing(/\bPASSWORD\b/, with: self.password)
        for (index, port) in self.ports.enumerated() {
            text = text.replacing("\(8080 + index)", with: String(port))
        }
        return text
    }
}
