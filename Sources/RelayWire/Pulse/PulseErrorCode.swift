/// What an error of Pulse's says. Clients take codes that they don't know for a failure of the request.
public enum PulseErrorCode: UInt16, Hashable, Sendable, CaseIterable {
    case unknown = 1000
    case invalidFrame = 1001
    case invalidChannel = 1002
    case unauthorized = 1003
    case forbidden = 1004
    case channelNotFound = 1005
    /// Also for what would be more than a client may have.
    case rateLimited = 1006
    case payloadTooLarge = 1007
    case notSubscribed = 1008
    case alreadySubscribed = 1009
    case connectionClosing = 1010
    case serverError = 1011
    case versionNotSupported = 1012
}
