import ArgumentParser
import Foundation
import RelayClient
import RelayCommands
import RelayProof
import UnixSignals

struct ProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Check that a live relay delivers what it acknowledges.",
        discussion: """
            Publishes to topics of its own and reads them over every transport. Drops and resumes the readers' connections \
            at random, on any of the nodes. Exits with 0 if the relay kept its promises, with 1 if it broke one, and with \
            2 if that could not be judged. The first Ctrl-C ends publishing early, the second ends all.
            """
    )

    @OptionGroup var nodes: ProveNodes
    @OptionGroup var options: ProveOptions

    @Option(name: .customLong("json"), help: "Also write the report to this file, as JSON.")
    var jsonFile: String?

    func run() async throws {
        let proof = Proof(nodes: try self.nodes.clients(), plan: try self.options.plan())
        let report: ProofReport
        do {
            report = try await Self.watched(proof)
        } catch is CancellationError {
            throw Self.notJudged("interrupted")
        } catch let problem as ProofProblem {
            throw Self.notJudged("\(problem)")
        } catch let error as RelayError where error.code != .authenticationRequired {
            throw Self.notJudged("\(error)", CommandAdvice.text(for: error))
        }
        if let jsonFile { try Data((report.json.text + "\n").utf8).write(to: URL(filePath: jsonFile)) }
        try StandardStreams.result(report.text)
        throw ExitCode(report.verdict.status)
    }

    /// Says why there is no verdict.
    ///
    /// - Returns: what the process ends with.
    private static func notJudged(_ reason: String, _ advice: String? = nil) -> ExitCode {
        let words = ["pulsar-relay: not judged: \(reason)", advice].compactMap(\.self)
        StandardStreams.notice(words.joined(separator: ". "))
        return ExitCode(Verdict.notJudged("").status)
    }

    /// Listens for signals while the proof runs.
    private static func watched(_ proof: Proof) async throws -> ProofReport {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: ProofReport?.self) { group in
            group.addTask { try await proof.run() }
            group.addTask {
                var isFirst = true
                for await _ in signals {
                    guard isFirst else { throw CancellationError() }
                    isFirst = false
                    proof.endPublishing()
                }
                return nil
            }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let report = finished { return report }
            }
            throw CancellationError()
        }
    }
}
