public import RelayCore

/// A service token that somebody asks for, within what such tokens may say.
public struct ServiceTokenDraft: Hashable, Sendable {
    /// Topics and prefixes together, and their bytes: so a token stays well below what the relay reads, and a cache full of tokens stays
    /// small.
    public static let mostNames = 32
    /// In all names together.
    public static let mostNameBytes = 1_536
    /// In bytes.
    public static let longestPeer = 128
    /// In bytes.
    public static let longestLabel = 200

    /// What its user calls it; nil for nothing.
    public let label: String?
    /// What its holders may do at most.
    public let scope: TokenScope
    /// Seconds that it is to live; nil for the relay's choice.
    public let lifetime: Int64?

    /// - Parameters:
    ///   - topics: names of whole topics that there could be. Repeats are harmless.
    ///   - prefixes: with which such names could begin.
    ///   - permissions: nil for `read` alone.
    /// - Throws: `invalidFields` for what is too much, too long, or not to be had.
    public init(
        label: String?,
        topics: [TopicName],
        prefixes: [String],
        permissions: [String]?,
        peer: String?,
        lifetime: Int64?
    ) throws(AccessError) {
        var issues: [FieldIssue] = []
        let names = Set(topics)
        let starts = Set(prefixes.map { ExactText($0) }).sorted().map { String(decoding: $0.bytes, as: UTF8.self) }
        let bytes = (names.map(\.rawValue) + starts).reduce(0) { $0 + $1.utf8.count }
        if !(1...Self.mostNames).contains(names.count + starts.count) || bytes > Self.mostNameBytes {
            let bounds = "1 to \(Self.mostNames), at most \(Self.mostNameBytes) bytes together"
            issues.append(FieldIssue(field: "topics", type: "value_error", message: "Topics and prefixes: \(bounds)"))
        }
        let permitted = Permissions(names: permissions ?? ["read"]) ?? .admin
        if !permitted.contains(.read) || permitted.contains(.admin) {
            let message = "Input should be 'read', or 'read' and 'write'"
            issues.append(FieldIssue(field: "permissions", type: "enum", message: message))
        }
        issues += Self.issue(peer, "peer_id", atMost: Self.longestPeer)
        issues += Self.issue(label, "label", atMost: Self.longestLabel)
        guard issues.isEmpty else { throw AccessError(.invalidFields(issues)) }
        self.label = label
        self.scope = TokenScope(
            reach: Reach(topics: names, prefixes: starts),
            permissions: permitted,
            peer: peer
        )
        self.lifetime = lifetime
    }

    private static func issue(_ text: String?, _ field: String, atMost most: Int) -> [FieldIssue] {
        guard let text else { return [] }
        let hasControls = text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        guard text.isEmpty || text.utf8.count > most || hasControls else { return [] }
        let message = "String should have 1 to \(most) bytes and no control characters"
        return [FieldIssue(field: field, type: "value_error", message: message)]
    }
}
