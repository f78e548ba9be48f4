/// What a message's payload is.
///
/// The relay looks into neither. Edges that speak JSON show a binary payload as a base64 string (RFC 4648, section 4), with a field
/// `encoding` that says so; edges that speak binary hand on the bytes.
public enum PayloadFormat: UInt8, Hashable, Sendable, CaseIterable {
    /// A JSON object.
    case json = 0
    /// Bytes that the topic's kind gives a meaning to.
    case binary = 1
}
