import RelayCore

/// What a user's fields may hold. Lengths count Unicode code points, as the Python relay does.
enum UserRules {
    private static let usernameLength = 3...50
    private static let shortestPassword = 8

    static func issues(username: String) -> [FieldIssue] {
        if username.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            let message = "Value error, usernames take no control characters"
            return [FieldIssue(field: "username", type: "value_error", message: message)]
        }
        let length = username.unicodeScalars.count
        if length < self.usernameLength.lowerBound {
            return [Self.tooShort("username", self.usernameLength.lowerBound)]
        }
        guard length > self.usernameLength.upperBound else { return [] }
        let message = "String should have at most \(self.usernameLength.upperBound) characters"
        return [FieldIssue(field: "username", type: "string_too_long", message: message)]
    }

    static func issues(password: String, field: String = "password") -> [FieldIssue] {
        password.unicodeScalars.count < self.shortestPassword ? [Self.tooShort(field, self.shortestPassword)] : []
    }

    static func issues(permissions: [String]) -> [FieldIssue] {
        guard Permissions(names: permissions) == nil else { return [] }
        let message = "Input should be 'admin', 'read' or 'write'"
        return [FieldIssue(field: "permissions", type: "enum", message: message)]
    }

    private static func tooShort(_ field: String, _ minimum: Int) -> FieldIssue {
        let message = "String should have at least \(minimum) characters"
        return FieldIssue(field: field, type: "string_too_short", message: message)
    }
}
