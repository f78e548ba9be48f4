/// Counts what a client says that can't be read. Clients have no way to react to an error, so a few are ignored.
struct MalformedCount {
    private static let most = 16

    private var count = 0

    /// Another has come.
    ///
    /// - Returns: whether that is one too many: the connection is closed then.
    mutating func note() -> Bool {
        self.count += 1
        return self.count > Self.most
    }
}
