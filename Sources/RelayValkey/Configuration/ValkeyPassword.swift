/// A password that can't be printed by accident.
public struct ValkeyPassword: Sendable, Hashable, ExpressibleByStringLiteral {
    let value: String

    public init(_ value: String) {
        self.value = value
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The text without the password, should a server have repeated it.
    func removed(from text: String) -> String {
        guard !self.value.isEmpty, text.contains(self.value) else { return text }
        return text.split(separator: self.value, omittingEmptySubsequences: false).joined(separator: "***")
    }
}

extension ValkeyPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
