/// What a log line says which request, session, peer and trace it is about: under these names, whoever writes it.
enum LogField {
    static let request = "request_id"
    static let session = "session_id"
    static let peer = "peer_id"
    static let trace = "trace_id"
    static let span = "span_id"

    /// In the order in which lines have them.
    static let all = [Self.request, Self.session, Self.peer, Self.trace, Self.span]
}
