import Foundation
import ProgramFixture
import Testing

/// The Debian package, and what is made for it of the program's commands.
@Suite("The Debian package", .serialized, .timeLimit(.minutes(20)))
struct PackageTests {
    @Test(
        "it is installed, run by its unit's lines, upgraded, removed and purged, and leaves the machine as it is",
        .enabled(if: NetworkPlaces.canBeMade, "a copy of the system can't be made here: that needs root")
    )
    func package() async throws {
        try await Scenario.inFolder { try await $0.run("debian_package.py", after: Scenario.placeOfItsOwn) }
    }

    @Test("every command has its place in a manual page and in the completions of each shell, and none has a fault")
    func manual() async throws {
        try await Scenario.inFolder { try await $0.run("manual.py") }
    }

    @Test("A release is made of a commit that is ready for one, whole, and of no other")
    func release() async throws {
        try await Scenario.inFolder { try await $0.run("release.py") }
    }
}
