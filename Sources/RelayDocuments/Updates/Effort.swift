/// How many ranges were looked at to find what is new in an update, and how many may be.
///
/// A struct or a range of a few bytes can span all clocks, and so all ranges that a document has.
struct Effort {
    private(set) var count = 0
    private let limit: Int

    init(limit: Int = .max) {
        self.limit = limit
    }

    /// - Returns: false where that was too much.
    @discardableResult
    mutating func look() -> Bool {
        self.count += 1
        return self.count <= self.limit
    }
}
