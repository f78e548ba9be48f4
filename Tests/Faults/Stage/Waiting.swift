import Testing

struct NotInTime: Error, CustomStringConvertible {
    let description: String
}

/// Asks again and again until it is so. There is nothing to wait on in another process.
///
/// - Parameter body: what it throws means: not yet.
/// - Returns: how long it took.
/// - Throws: ``NotInTime`` at the limit.
@discardableResult
func until(
    _ what: String,
    within limit: Duration = .seconds(10),
    _ body: () async throws -> Bool
) async throws -> Duration {
    let start = ContinuousClock.now
    var last: (any Error)?
    while ContinuousClock.now - start < limit {
        do {
            if try await body() { return ContinuousClock.now - start }
        } catch {
            last = error
        }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw NotInTime(description: "not within \(limit): \(what)\(last.map { " (\($0))" } ?? "")")
}
