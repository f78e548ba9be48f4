import Testing

/// The scripts of the example page, which edit texts by rules of their own.
@Suite("The example page against Yjs", .enabled(if: Counterpart.yjs.isInstalled), .timeLimit(.minutes(10)))
struct ExamplePageAgainstYjsTests {
    @Test(
        "Copies that edit at once, whatever order updates come in, are the same in the end",
        arguments: 0..<Counterpart.batches
    )
    func converge(batch: Int) async throws {
        let failures = try await Counterpart.yjs.failures(ofExamplePageFrom: 1 + batch * 50, count: 50)
        #expect(failures == [])
    }
}
