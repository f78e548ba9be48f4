/// What clients are told of the port for STUN, so that they can give it to an implementation of ICE.
struct ICEServers: Sendable {
    /// How long credentials may be used to begin, in seconds: 12 hours. What has begun goes on.
    static let standardLife: Int64 = 12 * 3_600

    /// `stun:` URLs; empty where there is no such port.
    let stun: [String]
    /// `turn:` URLs; empty where TURN is not served.
    let turn: [String]
    let credentials: TURNCredentials
    /// Of credentials, in seconds.
    let life: Int64

    /// - Parameters:
    ///   - place: host and port, with an IPv6 address in brackets; nil where there is no port for STUN.
    ///   - relays: whether TURN is served.
    init(at place: String?, relays: Bool, credentials: TURNCredentials, life: Int64) {
        self.stun = place.map { ["stun:\($0)"] } ?? []
        self.turn = relays ? place.map { ["turn:\($0)?transport=udp", "turn:\($0)?transport=tcp"] } ?? [] : []
        self.credentials = credentials
        self.life = life
    }
}
