/// Why streams and connections of HTTP/3 end (RFC 9114 section 8.1, RFC 9204 section 6, draft-ietf-webtrans-http3-02).
public struct HTTP3ErrorCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static let noError = HTTP3ErrorCode(rawValue: 0x100)
    public static let internalError = HTTP3ErrorCode(rawValue: 0x102)
    public static let streamCreation = HTTP3ErrorCode(rawValue: 0x103)
    public static let closedCriticalStream = HTTP3ErrorCode(rawValue: 0x104)
    public static let frameUnexpected = HTTP3ErrorCode(rawValue: 0x105)
    public static let frameError = HTTP3ErrorCode(rawValue: 0x106)
    public static let excessiveLoad = HTTP3ErrorCode(rawValue: 0x107)
    public static let idError = HTTP3ErrorCode(rawValue: 0x108)
    public static let settingsError = HTTP3ErrorCode(rawValue: 0x109)
    public static let missingSettings = HTTP3ErrorCode(rawValue: 0x10A)
    /// Nothing was done for the request, which may be sent again.
    public static let requestRejected = HTTP3ErrorCode(rawValue: 0x10B)
    public static let requestCancelled = HTTP3ErrorCode(rawValue: 0x10C)
    public static let requestIncomplete = HTTP3ErrorCode(rawValue: 0x10D)
    public static let messageError = HTTP3ErrorCode(rawValue: 0x10E)

    public static let decompressionFailed = HTTP3ErrorCode(rawValue: 0x200)
    public static let encoderStreamError = HTTP3ErrorCode(rawValue: 0x201)
    public static let decoderStreamError = HTTP3ErrorCode(rawValue: 0x202)

    /// A stream came before its session, and too many of those wait.
    public static let bufferedStreamRejected = HTTP3ErrorCode(rawValue: 0x3994_BD84)
    /// The session of a stream is over.
    public static let sessionGone = HTTP3ErrorCode(rawValue: 0x170D_7B68)

    private static let firstOfApplications: UInt64 = 0x52E4_A40F_A8DB

    /// What a WebTransport application calls `code`, when it resets or stops a stream (draft-02 section 4.3).
    public static func application(_ code: UInt32) -> HTTP3ErrorCode {
        // One in 31 numbers is reserved, and left out.
        HTTP3ErrorCode(rawValue: self.firstOfApplications + UInt64(code) + UInt64(code) / 0x1E)
    }
}
