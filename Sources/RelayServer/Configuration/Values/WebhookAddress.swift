/// Where events are posted to: a URL of `http` or `https`.
public struct WebhookAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it was given.
    public let description: String
    let url: OutgoingURL

    /// - Returns: nil where it is no such URL, or holds what has no place in one that a log may show: a username or a password.
    public init?(_ text: String) {
        guard let url = OutgoingURL(text) else { return nil }
        self.description = text
        self.url = url
    }
}
