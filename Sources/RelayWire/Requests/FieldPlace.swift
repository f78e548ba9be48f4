/// Which field of a request a value belongs to. Made for every field, so it costs nothing until there is an issue.
struct FieldPlace: ExpressibleByStringLiteral {
    /// Nil for the body itself.
    var field: String?
    /// The entry of the field's list or object.
    var entry: ValidationIssue.Step?

    /// The body, or the message of a bulk.
    static let root = FieldPlace(field: nil)

    init(field: String?, entry: ValidationIssue.Step? = nil) {
        self.field = field
        self.entry = entry
    }

    init(stringLiteral field: String) {
        self.init(field: field)
    }
}
