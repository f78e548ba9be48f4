/// Permissions as they are typed: `read write` and `read,write` are the same.
public enum PermissionNames {
    /// Each of them apart. Whether there are such is for the relay to say.
    public static func of(_ arguments: [String]) -> [String] {
        arguments.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }
}
