/// A part of the relay that has a say in what topics take, because that depends on what their streams hold. It is asked of kinds that say so
/// (``TopicBehavior/isGated``), after the kind has admitted a draft and before it is stored: whoever publishes, by whatever protocol. What the
/// relay itself publishes it is not asked about.
public protocol PublishGate: AnyObject, Sendable {
    /// Answers without suspending. On an event loop, so it must be quick.
    ///
    /// - Parameters:
    ///   - key: of the topic that the draft is for, which exists.
    ///   - record: the topic's, or its root's.
    /// - Returns: nil where that is not known now: then ``answer(to:in:of:)`` is to be asked.
    func answerNow(to draft: Draft, in key: TopicKey, of record: TopicRecord) -> GateAnswer?

    /// - Throws: what keeps it from knowing.
    func answer(to draft: Draft, in key: TopicKey, of record: TopicRecord) async throws(BrokerError) -> GateAnswer
}

/// What a ``PublishGate`` says of a draft.
public enum GateAnswer: Hashable, Sendable {
    case open
    case closed(Refusal)
}
