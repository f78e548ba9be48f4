/// A `Retry-After` header in its seconds form, which is the one that a relay sends.
struct RetryAfter {
    let duration: Duration

    init?(_ text: String) {
        guard let seconds = Int64(text), seconds >= 0 else { return nil }
        self.duration = .seconds(min(seconds, 86_400 * 365))
    }
}
