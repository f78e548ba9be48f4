/// Why a subscription's connection is gone, or never came to be.
enum ConnectionEnd: Sendable {
    /// A close frame; code 1005 where it held none.
    case closed(code: Int, reason: String)
    /// No connection, or it broke, or it fell silent.
    case lost(any Error)
    /// The relay answered the upgrade with something else.
    case refused(HTTPReply)
    /// The relay sent what no relay sends.
    case nonsense(JSONDocumentError)
    /// The token could not be renewed.
    case unauthenticated(RelayError)
}
