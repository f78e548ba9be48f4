/// Why data were not relayed: the label of a metric.
enum TURNDropped: String, CaseIterable, Sendable {
    /// Of no allocation, of no channel, or of no permission that is in force.
    case noPermission = "no_permission"
    /// To where the relay does not send.
    case denied
    /// The user has had its share of this second.
    case tooMuch = "bandwidth"
    /// Longer than what is read of a datagram: the rest of it is lost.
    case tooLong = "too_long"
    /// The system or the client's connection did not take it.
    case unsent
}
