import Testing

@Suite("Several relays on one store")
struct FollowingModelTests {
    @Test(
        "every reader sees each message once, in order, and is told where some may be missing; in the end all have everything",
        .timeLimit(.minutes(2)),
        arguments: 0..<8
    )
    func agrees(part: UInt64) async {
        for seed in part * 20..<(part + 1) * 20 {
            // Other tests wait for the same few threads.
            await Task.yield()
            if let failure = FollowingModel(seed: seed).run(steps: 400) {
                Issue.record("seed \(seed), \(failure)")
                return
            }
        }
    }
}
