/// What a relay is told about sessions.
public struct SessionSettings: Sendable {
    /// What tickets name as issuer and audience. The same on all relays that share a store. From 1 to 255 bytes. Default `pulsar-relay`.
    public var cluster = "pulsar-relay"
    /// Whether anybody may create a session without an account. Default no.
    public var allowsAnonymous = false
    /// Whether join tokens of older programs are taken. Default no.
    public var acceptsLegacyTokens = false
    public var rules = SessionRules()
    public var messages = SessionMessageLimits()
    public var lifetimes = TicketMinter.Lifetimes()
    /// Sessions that there may be at a time, on all relays that share a store. Default 10,000.
    public var maxSessions = 10_000
    /// Sessions that an account may have at a time. Default 50.
    public var maxSessionsPerAccount = 50
    /// Sessions at a time that were made from one address without an account. Default 20.
    public var maxAnonymousSessionsPerAddress = 20

    public init() {}
}
