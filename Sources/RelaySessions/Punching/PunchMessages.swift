import NIOCore
import RelayWire

/// A peer asks to be told when and where to meet another: `punch_request`, on the session's punch topic.
///
/// Two peers that have asked for each other are told at once. Whoever sees the other's request answers with one of its own.
struct PunchRequest: Hashable {
    static let type = "punch_request"

    var candidates: [PunchCandidate]
    /// From the peer to the relay and back, in milliseconds, as the peer has measured it.
    var roundTrip: Int64?
    var nat: NATClass

    /// In milliseconds: more is taken for that.
    static let longestRoundTrip: Int64 = 2_000
    /// Of a peer that does not know, in milliseconds.
    static let usualRoundTrip: Int64 = 500

    /// - Throws: ``PunchProblem`` where something in it is not as it has to be.
    init(_ payload: ByteBuffer) throws(PunchProblem) {
        self = try PunchProblem.reading(payload, ["candidates", "rtt_ms", "nat_type"]) {
            (fields) throws(PunchProblem) in
            let roundTrip = fields.integer("rtt_ms", in: 0...3_600_000).map { Int64($0) }
            let nat = fields.text("nat_type")
            let list = fields.json("candidates", of: .array)
            return PunchRequest(
                candidates: try Self.candidates(list),
                roundTrip: roundTrip.map { min($0, Self.longestRoundTrip) },
                nat: try Self.nat(nat)
            )
        }
    }

    private init(candidates: [PunchCandidate], roundTrip: Int64?, nat: NATClass) {
        self.candidates = candidates
        self.roundTrip = roundTrip
        self.nat = nat
    }

    private static func candidates(_ list: ByteBuffer?) throws(PunchProblem) -> [PunchCandidate] {
        guard let list else { return [] }
        guard let candidates = PunchCandidate.list(list) else { throw PunchProblem("candidates") }
        return candidates
    }

    fileprivate static func nat(_ text: String?) throws(PunchProblem) -> NATClass {
        guard let text else { return .unknown }
        guard let nat = NATClass(rawValue: text) else { throw PunchProblem("nat_type") }
        return nat
    }
}

/// What the peers of older programs tell each other, and by which they mean the same: `p2p_connection_request` and the response to it, on the
/// signal topic. The other form of these messages, with `sdp`, is not for the relay.
struct ConnectionRequest: Hashable {
    var candidates: [PunchCandidate]
    var roundTrip: Int64?

    static let requests = ["p2p_connection_request", "p2_p_connection_request"]
    static let responses = ["p2p_connection_response", "p2_p_connection_response"]

    /// - Returns: nil where it names no address.
    init?(_ payload: ByteBuffer) {
        let found = try? RequestFields.decode(payload, names: ["public_ip", "public_port", "rtt_ms"]) { fields in
            let roundTrip = fields.integer("rtt_ms", in: 0...3_600_000).map { Int64($0) }
            return fields.requiredText("public_ip").flatMap { IPAddress($0) }.flatMap { address in
                fields.integer("public_port", in: 1...65_535).map { (address, UInt16($0), roundTrip) }
            }
        }
        guard let (address, port, roundTrip) = found else { return nil }
        let candidate = PunchCandidate(.address(address), port: port, .udp, .serverReflexive, priority: nil)
        self.candidates = [candidate]
        self.roundTrip = roundTrip.map { min($0, PunchRequest.longestRoundTrip) }
    }
}

/// What came of an attempt, as one of the two peers says: `punch_result`.
public struct PunchResult: Hashable, Sendable {
    static let type = "punch_result"

    public let attempt: Int
    public let reached: Bool
    public let transport: PunchCandidate.Transport
    /// From the common start until the other was heard, in milliseconds.
    public let duration: Int64?
    public let nat: NATClass
    /// Whether time ran out, where nobody was reached.
    public let timedOut: Bool

    init(_ payload: ByteBuffer) throws(PunchProblem) {
        let names = ["attempt", "reached", "transport", "duration_ms", "nat_type", "reason"]
        self = try PunchProblem.reading(payload, names) { (fields) throws(PunchProblem) in
            guard let attempt = fields.integer("attempt", in: 1...1_000_000) else { throw PunchProblem("attempt") }
            guard let reached = fields.flag("reached") else { throw PunchProblem("reached") }
            guard let transport = PunchCandidate.Transport(rawValue: fields.text("transport") ?? "udp") else {
                throw PunchProblem("transport")
            }
            return PunchResult(
                attempt: attempt,
                reached: reached,
                transport: transport,
                duration: fields.integer("duration_ms", in: 0...3_600_000).map { Int64($0) },
                nat: try PunchRequest.nat(fields.text("nat_type")),
                timedOut: fields.text("reason") == "timeout"
            )
        }
    }

    private init(
        attempt: Int,
        reached: Bool,
        transport: PunchCandidate.Transport,
        duration: Int64?,
        nat: NATClass,
        timedOut: Bool
    ) {
        self.attempt = attempt
        self.reached = reached
        self.transport = transport
        self.duration = duration
        self.nat = nat
        self.timedOut = timedOut
    }
}

/// Which way a peer takes to another, and what it has carried: `path_report`. Nobody checks it.
public struct PathReport: Hashable, Sendable {
    static let type = "path_report"

    /// Nil for none.
    public let mode: PathMode?
    public let reason: PathReason
    /// Since the peer began to use the way. Nil where it does not say.
    public let bytesSent: Int64?
    public let bytesReceived: Int64?
    /// In milliseconds.
    public let roundTrip: Int64?

    init(_ payload: ByteBuffer) throws(PunchProblem) {
        let names = ["mode", "reason", "bytes_sent", "bytes_received", "rtt_ms"]
        self = try PunchProblem.reading(payload, names) { (fields) throws(PunchProblem) in
            let mode = fields.text("mode")
            guard mode == nil || PathMode(rawValue: mode ?? "") != nil else { throw PunchProblem("mode") }
            return PathReport(
                mode: mode.flatMap(PathMode.init),
                reason: fields.text("reason").map { PathReason(rawValue: $0) ?? .other } ?? .other,
                bytesSent: fields.integer("bytes_sent", in: 0...(1 << 53)).map { Int64($0) },
                bytesReceived: fields.integer("bytes_received", in: 0...(1 << 53)).map { Int64($0) },
                roundTrip: fields.integer("rtt_ms", in: 0...3_600_000).map { Int64($0) }
            )
        }
    }

    public init(
        mode: PathMode?,
        reason: PathReason,
        bytesSent: Int64? = nil,
        bytesReceived: Int64? = nil,
        roundTrip: Int64? = nil
    ) {
        self.mode = mode
        self.reason = reason
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.roundTrip = roundTrip
    }
}

/// Which field of a message is not as it has to be.
struct PunchProblem: Error, Hashable {
    let field: String

    init(_ field: String) {
        self.field = field
    }

    var text: String { "invalid_request: \(self.field) is missing or not valid" }

    /// Reads the fields of a message that is known to be an object.
    static func reading<Value>(
        _ payload: ByteBuffer,
        _ names: [String],
        _ make: (inout RequestFields) throws(PunchProblem) -> Value
    ) throws(PunchProblem) -> Value {
        var problem: PunchProblem?
        do throws(RequestError) {
            let made = try RequestFields.decode(payload, names: names) { fields -> Value? in
                do throws(PunchProblem) {
                    return try make(&fields)
                } catch {
                    problem = error
                    return nil
                }
            }
            return made
        } catch {
            throw problem ?? PunchProblem(error.field ?? "a member")
        }
    }
}

extension RequestError {
    /// The first that is wrong.
    fileprivate var field: String? {
        guard case .invalid(let issues) = self else { return nil }
        for case .name(let name) in issues.first?.location ?? [] where name != "body" { return name }
        return nil
    }
}

extension PunchCandidate {
    /// Whether a `candidate` message says a place, or that there are no more: else it is refused.
    static func allows(signal payload: ByteBuffer) -> Bool {
        switch Self.ofSignal(payload) {
        case .none, .some(.some): true
        case .some(.none): false
        }
    }

    /// The candidate of a `candidate` message. Nil where it tells of none, which is how some say that there are no more; `.some(nil)` for what
    /// can't be read.
    static func ofSignal(_ payload: ByteBuffer) -> PunchCandidate?? {
        var scanner = JSONScanner(payload)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard scanner.text(of: name, is: "candidate"), value.kind != .null else { continue }
                if Self.isEmpty(value, scanner) { return nil }
                return .some(Self.read(value, scanner))
            }
            return nil
        } catch {
            return .some(nil)
        }
    }

    /// The end of candidates, as browsers have it: an empty text, or an object with one.
    private static func isEmpty(_ value: JSONValue, _ scanner: JSONScanner) -> Bool {
        guard value.kind == .object else { return scanner.text(of: value) == "" }
        let text = try? RequestFields.decode(scanner.copy(value.range), names: ["candidate"]) { $0.text("candidate") }
        return text == ""
    }
}
