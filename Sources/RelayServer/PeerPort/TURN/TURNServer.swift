import Crypto
import NIOCore
import RelayWire

/// Decides all of TURN (RFC 8656): who may have a relayed port, to whom it sends, and from whom it takes. Opens no sockets and reads no clock.
///
/// Lives on the loop of the port's sockets.
struct TURNServer {
    let relayed: IPAddress
    let limits: TURNLimits
    private(set) var policy: PeerPolicy
    private let authentication: TURNAuthentication
    private let allowance: @Sendable (_ id: String) -> any TrafficAllowance
    /// See ``init(relayed:policy:limits:authentication:random:path:allowance:)``.
    let path: @Sendable (_ from: String, _ to: String) -> (any RelayedPath)?
    private var random: any RandomNumberGenerator

    private var byClient: [TURNClient: TURNAllocation] = [:]
    private var byPort: [UInt16: TURNAllocation] = [:]
    private(set) var slots: [TURNAllocation?] = []
    private var freeSlots: [Int] = []
    private var perUser: [String: Int] = [:]
    /// Of users whose last allocation has just ended, until they are full again: else who gives up its allocation and asks for another
    /// would get a second's worth each time.
    private var resting: [String: (allowance: any TrafficAllowance, looks: Int)] = [:]
    /// For how many calls of ``expire(at:)``, which comes once a second.
    private static let restingLooks = 3
    private var ports: RelayedPorts

    /// - Parameters:
    ///   - relayed: the address of relayed ports, as peers see it.
    ///   - path: where what one user sends another is accounted for; nil where it is not.
    ///   - allowance: of a user, for as long as it has an allocation, and a little longer.
    init(
        relayed: IPAddress,
        policy: PeerPolicy,
        limits: TURNLimits,
        authentication: TURNAuthentication,
        random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
        path: @escaping @Sendable (_ from: String, _ to: String) -> (any RelayedPath)? = { _, _ in nil },
        allowance: @escaping @Sendable (_ id: String) -> any TrafficAllowance
    ) {
        self.relayed = relayed
        self.policy = policy
        self.limits = limits
        self.authentication = authentication
        self.random = random
        self.path = path
        self.allowance = allowance
        self.ports = RelayedPorts(limits.ports)
    }

    /// How many relayed ports there are.
    var count: Int { self.byClient.count }

    static func isTURN(_ method: STUNMessageType.Method) -> Bool {
        switch method {
        case .allocate, .refresh, .createPermission, .channelBind: true
        default: false
        }
    }

    // MARK: Requests

    mutating func decide(
        _ message: STUNMessage,
        _ arrival: DatagramArrival,
        _ buckets: inout SourceBuckets,
        at now: NIODeadline
    ) -> TURNDecision {
        guard message.type.class == .request else { return .ignore(.notServed) }
        guard message.fingerprintIsRight else { return .ignore(.wrongFingerprint) }
        let client = arrival.client
        let known = self.byClient[client]
        let caller: TURNCaller
        do throws(TURNAuthentication.Refusal) {
            caller = try self.authentication.caller(of: message, from: client.address, known: known?.caller, at: now)
        } catch {
            guard buckets.take(arrival.source.address, at: now) else { return .ignore(.tooMany) }
            let reply = TURNReply(to: message, isLimited: !arrival.isStream)
            let nonce = error.hasNonce ? self.authentication.nonces.issue(to: client.address, at: now) : nil
            return reply.error(error.code, nonce: nonce).map(TURNDecision.answer) ?? .ignore(.notServed)
        }
        let reply = TURNReply(to: message, isLimited: false)
        do throws(TURNRefusal) {
            return try self.serve(message, client, caller, reply, at: now)
        } catch {
            return .answer(reply.error(error.code, to: caller, notUnderstood: error.notUnderstood))
        }
    }

    private mutating func serve(
        _ message: STUNMessage,
        _ client: TURNClient,
        _ caller: TURNCaller,
        _ reply: TURNReply,
        at now: NIODeadline
    ) throws(TURNRefusal) -> TURNDecision {
        let unknown = message.unknownAttributes(limit: STUNResponder.maximumUnknown)
        guard unknown.isEmpty else { throw TURNRefusal(.unknownAttribute, notUnderstood: unknown) }
        if message.type.method == .allocate { return try self.allocate(message, client, caller, reply, at: now) }
        guard let allocation = self.byClient[client], allocation.isOpen, allocation.end > now else {
            throw TURNRefusal(.allocationMismatch)
        }
        guard allocation.caller.username == caller.username else { throw TURNRefusal(.wrongCredentials) }
        switch message.type.method {
        case .refresh: return try self.refresh(allocation, message, caller, reply, at: now)
        case .createPermission: try self.permit(allocation, message, at: now)
        default: try self.bind(allocation, message, at: now)
        }
        return .answer(reply.success(to: caller))
    }

    /// This machine has other addresses by now.
    mutating func ownAddressesChanged(to own: Set<IPAddress>) { self.policy.own = own }

    // MARK: Allocations

    private mutating func allocate(
        _ message: STUNMessage,
        _ client: TURNClient,
        _ caller: TURNCaller,
        _ reply: TURNReply,
        at now: NIODeadline
    ) throws(TURNRefusal) -> TURNDecision {
        if let known = self.byClient[client] {
            guard known.reply.transaction == reply.transaction, known.caller.username == caller.username else {
                throw TURNRefusal(.allocationMismatch)
            }
            // Its answer is on the way, or was lost.
            return known.isOpen ? .answer(self.success(known, at: now)) : .ignore(.notServed)
        }
        let wish = try AllocationWish(message, family: self.relayed.family)
        guard self.perUser[caller.id, default: 0] < self.limits.allocationsPerUser else {
            throw TURNRefusal(.allocationQuotaReached)
        }
        guard self.count < self.limits.allocations, let port = self.ports.take(isEven: wish.isEven, using: &self.random)
        else { throw TURNRefusal(.insufficientCapacity) }
        let slot = self.freeSlots.popLast() ?? self.slots.count
        let allocation = TURNAllocation(
            slot: slot,
            client,
            caller,
            reply: reply,
            port: port,
            isEven: wish.isEven,
            life: wish.life,
            allowance: self.sharedAllowance(of: caller.id),
            at: now
        )
        if slot == self.slots.count { self.slots.append(allocation) } else { self.slots[slot] = allocation }
        self.byClient[client] = allocation
        self.perUser[caller.id, default: 0] += 1
        return .open(slot: slot, port: port)
    }

    /// What the user's other allocations have, if there are any.
    private func sharedAllowance(of id: String) -> any TrafficAllowance {
        guard self.perUser[id] != nil,
            let other = self.slots.lazy.compactMap(\.self).first(where: { $0.caller.id == id })
        else { return self.resting[id]?.allowance ?? self.allowance(id) }
        return other.allowance
    }

    /// The slot's socket is open on its port.
    mutating func opened(_ slot: Int, at now: NIODeadline) -> ByteBuffer? {
        guard let allocation = self.slots[slot] else { return nil }
        allocation.isOpen = true
        self.byPort[allocation.port] = allocation
        self.lookAgain(in: allocation.session)
        return self.success(allocation, at: now)
    }

    /// The system refused the slot's port.
    mutating func failed(_ slot: Int) -> TURNOpening? {
        guard let allocation = self.slots[slot] else { return nil }
        // Taken before the other is given back, so that it is not the same.
        let next = self.ports.take(isEven: allocation.isEven, using: &self.random)
        if let next, allocation.attempts < TURNLimits.portAttempts {
            self.ports.give(allocation.port)
            allocation.port = next
            allocation.attempts += 1
            return .open(port: next)
        }
        if let next { self.ports.give(next) }
        self.remove(allocation)
        return .answer(allocation.reply.error(.insufficientCapacity, to: allocation.caller))
    }

    private func success(_ allocation: TURNAllocation, at now: NIODeadline) -> ByteBuffer {
        allocation.reply.success(to: allocation.caller) { answer in
            answer.add(.xorRelayedAddress, address: TransportAddress(self.relayed, port: allocation.port))
            answer.add(.lifetime, number: Self.seconds(allocation.end - now))
            answer.add(.xorMappedAddress, address: allocation.client.address.unmapped)
        }
    }

    private mutating func refresh(
        _ allocation: TURNAllocation,
        _ message: STUNMessage,
        _ caller: TURNCaller,
        _ reply: TURNReply,
        at now: NIODeadline
    ) throws(TURNRefusal) -> TURNDecision {
        let family = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.requestedAddressFamily() }
        guard family == nil || family == self.relayed.family.rawValue else {
            throw TURNRefusal(.peerAddressFamilyMismatch)
        }
        let seconds = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.lifetime() }
        let life = seconds == 0 ? .zero : AllocationWish.life(seconds)
        allocation.end = now + life
        let answer = reply.success(to: caller) { $0.add(.lifetime, number: Self.seconds(life)) }
        guard seconds == 0 else { return .answer(answer) }
        self.remove(allocation)
        return .close(slot: allocation.slot, answer)
    }

    private static func seconds(_ time: TimeAmount) -> UInt32 {
        UInt32(clamping: (time.nanoseconds + 999_999_999) / 1_000_000_000)
    }

    // MARK: Ends

    /// - Returns: the slots that have ended, whose sockets are to be closed. To be called every second or so.
    mutating func expire(at now: NIODeadline) -> [Int] {
        let ended = self.slots.compactMap(\.self).filter { $0.isOpen && $0.end <= now }
        for allocation in ended { self.remove(allocation) }
        self.resting = self.resting.mapValues { ($0.allowance, $0.looks - 1) }.filter { $0.value.looks > 0 }
        for allocation in self.slots { allocation?.forget(at: now) }
        return ended.map(\.slot)
    }

    /// The client's connection is gone.
    ///
    /// - Returns: the slot whose socket is to be closed.
    mutating func left(_ client: TURNClient) -> Int? {
        guard let allocation = self.byClient[client] else { return nil }
        self.remove(allocation)
        return allocation.slot
    }

    private mutating func remove(_ allocation: TURNAllocation) {
        allocation.links.close()
        self.byClient[allocation.client] = nil
        self.byPort[allocation.port] = nil
        self.slots[allocation.slot] = nil
        self.freeSlots.append(allocation.slot)
        self.ports.give(allocation.port)
        let count = self.perUser[allocation.caller.id, default: 1] - 1
        self.perUser[allocation.caller.id] = count == 0 ? nil : count
        if count == 0 { self.resting[allocation.caller.id] = (allocation.allowance, Self.restingLooks) }
    }

    // MARK: Finding

    func allocation(of client: TURNClient) -> TURNAllocation? { self.byClient[client] }

    func allocation(onPort port: UInt16) -> TURNAllocation? { self.byPort[port] }
}
