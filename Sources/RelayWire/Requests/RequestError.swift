/// Why a request's body was refused. Answered with 422 and ``write(into:)``.
public enum RequestError: Error, Hashable, Sendable {
    /// Not JSON. The offset counts bytes from the start of the body.
    case malformedJSON(offset: Int, message: String)
    /// JSON, but not what the route takes. Holds 1 to ``maximumIssues`` issues, in the order of their finding.
    case invalid([ValidationIssue])

    /// Further issues of one request are left out.
    public static let maximumIssues = 20

    init(_ error: JSONError) {
        self = .malformedJSON(offset: error.offset, message: error.message)
    }
}
