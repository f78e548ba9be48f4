import RelaySessions
import RelayTelemetry

extension TraceSpan {
    /// Something that was done in a session is over.
    ///
    /// - Parameter session: named only where spans may name it.
    func end(in session: SessionID) {
        self.end(self.namesTopics ? [Attribute(LogField.session, .text(session.text))] : [])
    }
}
