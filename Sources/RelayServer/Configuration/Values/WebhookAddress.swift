import Foundation

/// Where events are posted to: a URL of `http` or `https`.
public struct WebhookAddress: Hashable, Sendable, CustomStringConvertible {
    public static let maximumLength = 2_048

    /// As it was given.
    public let description: String

    /// - Returns: nil where it is no such URL, or holds what has no place in one that a log may show: a username or a password.
    public init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength, let parts = URLComponents(string: text),
            ["http", "https"].contains(parts.scheme?.lowercased()), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else { return nil }
        self.description = text
    }
}
