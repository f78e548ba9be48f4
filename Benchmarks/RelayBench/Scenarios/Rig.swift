/// A load set up against one server, ready to be measured again and again.
protocol Rig: Sendable {
    /// Runs one round.
    func measure() async throws -> [Metric: Double]

    /// Closes the connections; the server still runs.
    func tearDown() async
}
