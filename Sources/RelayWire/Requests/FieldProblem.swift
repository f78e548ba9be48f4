/// What can be wrong with a value: the type and the text of a ``ValidationIssue``, without the place.
///
/// Types and texts are the ones that clients of the Python relay know.
struct FieldProblem {
    let type: String
    let message: String

    static let missing = FieldProblem(type: "missing", message: "Field required")
    static let duplicate = FieldProblem(type: "duplicate_field", message: "Field given more than once")
    static let string = FieldProblem(type: "string_type", message: "Input should be a valid string")
    static let unicode = FieldProblem(
        type: "string_unicode",
        message: "Input should be a valid string, unable to parse raw data as a unicode string"
    )
    static let object = FieldProblem(type: "dict_type", message: "Input should be a valid dictionary")
    static let list = FieldProblem(type: "list_type", message: "Input should be a valid list")
    static let fields = FieldProblem(
        type: "model_attributes_type",
        message: "Input should be a valid dictionary or object to extract fields from"
    )
    static let integer = FieldProblem(type: "int_type", message: "Input should be a valid integer")
    static let integerText = FieldProblem(
        type: "int_parsing",
        message: "Input should be a valid integer, unable to parse string as an integer"
    )
    static let fraction = FieldProblem(
        type: "int_from_float",
        message: "Input should be a valid integer, got a number with a fractional part"
    )
    static let number = FieldProblem(type: "float_type", message: "Input should be a valid number")
    static let numberText = FieldProblem(
        type: "float_parsing",
        message: "Input should be a valid number, unable to parse string as a number"
    )
    static let base64 = FieldProblem(
        type: "base64_decode",
        message: "Input should be valid base64, with its padding (RFC 4648, section 4)"
    )
    static let size = FieldProblem(type: "int_parsing_size", message: "Input should be a valid integer of 64 bits")
    static let flag = FieldProblem(type: "bool_type", message: "Input should be a valid boolean")
    static let flagText = FieldProblem(
        type: "bool_parsing",
        message: "Input should be a valid boolean, unable to interpret input"
    )
    static let unusable = FieldProblem(type: "value_error", message: "Value error, not a valid value")
    static let requestID = FieldProblem(type: "id_type", message: "Input should be a valid string or integer")
    static let topicName = FieldProblem(
        type: "value_error",
        message: "Value error, topic names take letters, digits, '_' and '-', and at least one letter or digit"
    )

    static let readerName = FieldProblem(
        type: "value_error",
        message: "Value error, names of readers take letters, digits, '_' and '-', and at least one letter or digit"
    )

    static let controlInName = FieldProblem(
        type: "value_error",
        message: "Value error, names of metadata take no control characters"
    )
    static let nul = FieldProblem(type: "value_error", message: "Value error, metadata takes no NUL")
    static let controlInKey = FieldProblem(
        type: "value_error",
        message: "Value error, idempotency keys take no control characters"
    )

    static func above(_ limit: Int) -> FieldProblem {
        FieldProblem(type: "greater_than", message: "Input should be greater than \(limit)")
    }

    static func atLeast(_ limit: String) -> FieldProblem {
        FieldProblem(type: "greater_than_equal", message: "Input should be greater than or equal to \(limit)")
    }

    static func atMost(_ limit: String) -> FieldProblem {
        FieldProblem(type: "less_than_equal", message: "Input should be less than or equal to \(limit)")
    }

    static func shortText(_ limit: Int) -> FieldProblem {
        FieldProblem(type: "string_too_short", message: "String should have at least \(limit) character")
    }

    static func longText(_ limit: Int) -> FieldProblem {
        FieldProblem(type: "string_too_long", message: "String should have at most \(limit) characters")
    }

    static func longBytes(_ limit: Int) -> FieldProblem {
        FieldProblem(type: "string_too_long", message: "String should have at most \(limit) bytes in UTF-8")
    }

    /// - Parameter names: at least one.
    static func choice(_ names: [String]) -> FieldProblem {
        let quoted = names.map { "'\($0)'" }
        let all = quoted.dropLast().joined(separator: ", ") + (quoted.count > 1 ? " or " : "") + (quoted.last ?? "")
        return FieldProblem(type: "enum", message: "Input should be \(all)")
    }

    static func shortList(_ count: Int) -> FieldProblem {
        FieldProblem(type: "too_short", message: "List should have at least 1 item after validation, not \(count)")
    }

    static func longList(_ count: Int, limit: Int) -> FieldProblem {
        FieldProblem(
            type: "too_long",
            message: "List should have at most \(limit) items after validation, not \(count)"
        )
    }
}
