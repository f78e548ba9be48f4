/// Why an issuer is of no use now: for logs, and not for those who sign in.
enum IssuerTrouble: Error, Hashable, CustomStringConvertible {
    /// No answer, or none that says what was asked for. It may go better later.
    case unreachable(String)
    /// It says what it must not say.
    case refused(String)

    var description: String {
        switch self {
        case .unreachable(let reason), .refused(let reason): reason
        }
    }
}
