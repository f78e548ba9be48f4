import Foundation
import ProgramFixture
import Testing

/// What is handed to Kubernetes, judged by Helm and by the schemas of Kubernetes' own versions.
@Suite("The chart and the manifests for Kubernetes", .timeLimit(.minutes(5)))
struct KubernetesTests {
    @Test("they are what several versions take, agree with each other, and say nothing that the relay does not know")
    func manifests() async throws {
        try await Scenario.inFolder { try await $0.run("kubernetes_manifests.py") }
    }
}
