import Foundation
import ProgramFixture
import Testing

/// The images of `docker/`, as far as they can be tried where nothing runs containers.
@Suite("Container images", .serialized, .timeLimit(.minutes(20)))
struct ImageTests {
    @Test(
        "carried out in a copy of the system, each one's last stage makes what runs by itself, on what it is told to use",
        .enabled(if: NetworkPlaces.canBeMade, "a copy of the system can't be made here: that needs root"),
        arguments: ["docker/Dockerfile", "docker/Dockerfile.with-valkey"]
    )
    func image(_ file: String) async throws {
        try await Scenario.inFolder { scenario in
            try await scenario.run("image.py", [file], after: Scenario.placeOfItsOwn)
        }
    }
}
