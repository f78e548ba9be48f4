/// A running server under test.
struct Server: Sendable {
    let kind: ServerKind
    let port: Int
    let dialect: Dialect
    let process: ServerProcess

    func stop() async {
        await self.process.stop()
    }
}
