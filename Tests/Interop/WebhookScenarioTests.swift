import Testing

/// Webhooks of the program as built, told to receivers that others wrote.
@Suite(.serialized, .timeLimit(.minutes(6)))
struct WebhookScenarioTests {
    @Test("A receiver that checks signatures as the guide says gets all in order, whoever fails or is killed meanwhile")
    func receiver() async throws {
        try await Scenario.inFolder { try await $0.run("webhooks.py") }
    }
}
