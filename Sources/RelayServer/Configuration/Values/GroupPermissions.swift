public import RelayCore

/// What the members of a group may do: `staff=read+write`.
public struct GroupPermissions: Hashable, Sendable, CustomStringConvertible {
    /// As the issuer writes it. Compared byte for byte.
    public let group: String
    /// What its members may do.
    public let permissions: Permissions

    /// - Parameter text: the group, `=`, and permissions with `+` between them. The group may hold a `=` itself.
    /// - Returns: nil where it is not that.
    public init?(_ text: String) {
        guard let equals = text.lastIndex(of: "="), equals > text.startIndex else { return nil }
        let names = text[text.index(after: equals)...].split(separator: "+", omittingEmptySubsequences: false)
        guard let permissions = Permissions(names: names.map(String.init)) else { return nil }
        self.group = String(text[..<equals])
        self.permissions = permissions
    }

    public var description: String { "\(self.group)=\(self.permissions.names.joined(separator: "+"))" }
}

extension [GroupPermissions] {
    /// What the members of all of `groups` may do.
    func permissions(of groups: [String]) -> Permissions {
        self.reduce(into: []) { permissions, entry in
            let isMember = groups.contains { $0.utf8.elementsEqual(entry.group.utf8) }
            if isMember { permissions.formUnion(entry.permissions) }
        }
    }
}
