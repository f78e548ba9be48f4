import Foundation
import ProgramFixture
import Testing

@Suite("The program's standard output", .timeLimit(.minutes(1)))
struct StandardOutputTests {
    @Test("A result that the disk has no room for is a failure")
    func full() async throws {
        let process = try ChildProcess(
            Installation.relay,
            ["version"],
            environment: Installation.environment,
            directory: FileManager.default.temporaryDirectory,
            log: URL(filePath: "/dev/full")
        )
        #expect(try await process.exit(within: .seconds(10)) == .code(1))
    }
}
