/// The attributes that the relay understands. A type below `0x8000` must be understood by who receives it.
public enum STUNAttributeType: UInt16, CaseIterable, Sendable {
    /// RFC 8489.
    case mappedAddress = 0x0001
    /// RFC 5780.
    case changeRequest = 0x0003
    case username = 0x0006
    case messageIntegrity = 0x0008
    case errorCode = 0x0009
    case unknownAttributes = 0x000A
    /// RFC 8656.
    case channelNumber = 0x000C
    /// RFC 8656. In seconds.
    case lifetime = 0x000D
    /// RFC 8656.
    case xorPeerAddress = 0x0012
    /// RFC 8656.
    case data = 0x0013
    case realm = 0x0014
    case nonce = 0x0015
    /// RFC 8656.
    case xorRelayedAddress = 0x0016
    /// RFC 8656.
    case requestedAddressFamily = 0x0017
    /// RFC 8656.
    case evenPort = 0x0018
    /// RFC 8656.
    case requestedTransport = 0x0019
    /// RFC 8656.
    case dontFragment = 0x001A
    case messageIntegritySHA256 = 0x001C
    case passwordAlgorithm = 0x001D
    case userHash = 0x001E
    case xorMappedAddress = 0x0020
    /// RFC 8656.
    case reservationToken = 0x0022
    /// RFC 5780.
    case padding = 0x0026
    /// RFC 5780.
    case responsePort = 0x0027
    case passwordAlgorithms = 0x8002
    case software = 0x8022
    case fingerprint = 0x8028
    /// RFC 5780.
    case responseOrigin = 0x802B
    /// RFC 5780.
    case otherAddress = 0x802C

    /// Whether an address in it is mixed with the cookie and the transaction id, so that no NAT finds and changes it.
    var isXored: Bool {
        switch self {
        case .xorMappedAddress, .xorPeerAddress, .xorRelayedAddress: true
        default: false
        }
    }

    /// How many bytes of text it may hold (RFC 8489, 14.3 to 14.14); nil for what is no text.
    var maximumTextBytes: Int? {
        switch self {
        case .username: 508
        case .realm, .nonce, .software: 763
        default: nil
        }
    }
}
