/// What a relay answered, and how long it took.
struct Answer: CustomStringConvertible {
    let status: Int
    let retryAfter: String?
    let body: String
    let elapsed: Duration

    var description: String { "\(self.status) in \(self.elapsed): \(self.body)" }
}
