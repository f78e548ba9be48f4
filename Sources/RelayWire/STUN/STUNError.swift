/// Why bytes are no STUN message, or a value in one can't be used.
public enum STUNError: Error, Hashable, Sendable {
    /// Shorter than a header, or the first bits, the length's last bits or the cookie are not STUN's (RFC 8489, 5).
    case notSTUN
    /// The header tells another length than the datagram has.
    case wrongLength
    /// An attribute does not end within the message.
    case truncatedAttribute
    /// FINGERPRINT is not the last attribute (RFC 8489, 14.7).
    case fingerprintNotLast
    /// The value has a size or contents that its type does not allow.
    case malformedAttribute(STUNAttributeType)
    /// On a stream: the next message is longer than the reader takes.
    case tooLong
}
