import NIOCore
import RelayTunnels
import SeededRandom
import Testing

@Suite("Connections to the QUIC relay")
struct AllocationTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private static func stranger(_ limits: AllocationLimits = AllocationLimits()) -> Allocation<String> {
        Allocation(limits: limits, at: self.start)
    }

    private static func member(_ limits: AllocationLimits = AllocationLimits()) throws -> Allocation<String> {
        var machine = self.stranger(limits)
        try machine.beginAuthentication()
        let isIn = machine.authenticated()
        try #require(isIn)
        return machine
    }

    private static func bound(_ number: UInt64, _ limits: AllocationLimits = AllocationLimits()) throws
        -> Allocation<String>
    {
        var machine = try self.member(limits)
        try machine.reserve(number)
        let isBound = machine.bind(number, to: "tunnel")
        try #require(isBound)
        return machine
    }

    // MARK: Who it is

    @Test("a stranger has five seconds, however often it tries")
    func patience() throws {
        var machine = Self.stranger()
        try machine.beginAuthentication()
        machine.refuseAuthentication()
        try machine.beginAuthentication()
        let early = machine.isOverdue(at: Self.start + .milliseconds(4_999))
        let late = machine.isOverdue(at: Self.start + .seconds(5))
        let isIn = machine.authenticated()
        #expect(!early && late && !isIn && machine.phase == .closed)
    }

    @Test("a member has all the time")
    func noHurry() throws {
        var machine = try Self.member()
        let isOverdue = machine.isOverdue(at: Self.start + .hours(1))
        #expect(!isOverdue && machine.authenticationEnd == nil)
        #expect(throws: AllocationRefusal.alreadyAuthenticated) { try machine.beginAuthentication() }
    }

    @Test("a stranger has a control stream, and nothing else")
    func strangers() {
        var machine = Self.stranger()
        let control = machine.opened(0, isUnidirectional: false)
        let data = machine.opened(4, isUnidirectional: false)
        let unidirectional = machine.opened(2, isUnidirectional: true)
        #expect(control == .control && data == .refused(.unauthenticated))
        #expect(unidirectional == .refused(.unidirectional))
        #expect(throws: AllocationRefusal.unauthenticated) { try machine.reserve(1) }
        #expect(throws: AllocationRefusal.unauthenticated) { try machine.reserveAny(1) }
        #expect(machine.streamCount == 0 && machine.tunnelCount == 0)
    }

    // MARK: Tunnels

    @Test("a number is one tunnel's, from when it is asked for until it is given up")
    func numbers() throws {
        var machine = try Self.bound(1)
        #expect(throws: AllocationRefusal.tunnelExists) { try machine.reserve(1) }
        try machine.reserve(2)
        #expect(throws: AllocationRefusal.tunnelExists) { try machine.reserve(2) }
        #expect(machine.tunnel(2) == nil)
        machine.release(2)
        let isBound = machine.bind(2, to: "late")
        #expect(!isBound)
        machine.release(1)
        #expect(machine.tunnel(1) == "tunnel", "only what is asked for is given up so")
    }

    @Test("another peer's tunnel has its number where that is free, else the lowest that is")
    func offers() throws {
        var machine = try Self.bound(7)
        let same = try machine.reserveAny(3)
        let other = try machine.reserveAny(7)
        let next = try machine.reserveAny(7)
        #expect(same == 3 && other == 0 && next == 1)
    }

    @Test("there are as many tunnels as there may be, those included that are asked for")
    func tunnelLimit() throws {
        var machine = try Self.member(AllocationLimits(tunnels: 2))
        try machine.reserve(1)
        try machine.reserve(2)
        #expect(throws: AllocationRefusal.tooManyTunnels) { try machine.reserve(3) }
        #expect(throws: AllocationRefusal.tooManyTunnels) { try machine.reserveAny(3) }
        machine.release(1)
        #expect(throws: Never.self) { try machine.reserve(3) }
    }

    @Test("who leaves gets nothing new, and keeps what it has")
    func goingAway() throws {
        var machine = try Self.bound(1)
        machine.goAway()
        #expect(throws: AllocationRefusal.goingAway) { try machine.reserve(2) }
        #expect(throws: AllocationRefusal.goingAway) { try machine.reserveAny(2) }
        let stream = machine.opened(4, isUnidirectional: false)
        let tunnel = try machine.begin(4, with: 1)
        #expect(stream == .data && tunnel == "tunnel")
    }

    // MARK: Streams

    @Test("a stream is of the tunnel whose number it begins with")
    func streams() throws {
        var machine = try Self.bound(1)
        _ = machine.opened(0, isUnidirectional: false)
        let opening = machine.opened(4, isUnidirectional: false)
        #expect(opening == .data)
        #expect(throws: AllocationRefusal.tunnelUnknown) { try machine.begin(4, with: 2) }
        let tunnel = try machine.begin(4, with: 1)
        #expect(tunnel == "tunnel")
        #expect(throws: AllocationRefusal.tunnelUnknown) { try machine.begin(4, with: 1) }
        try machine.mayOpen(on: 1)
        machine.join(1, to: 1)
        let ended = machine.unbind(1)
        #expect(ended?.tunnel == "tunnel" && ended?.streams == [1, 4])
        #expect(machine.streamCount == 0)
    }

    @Test("there are as many streams as there may be, of both openers together")
    func streamLimit() throws {
        var machine = try Self.bound(1, AllocationLimits(streams: 2))
        _ = machine.opened(0, isUnidirectional: false)
        _ = machine.opened(4, isUnidirectional: false)
        #expect(throws: AllocationRefusal.tooManyStreams) { try machine.mayOpen(on: 1, behind: 1) }
        try machine.mayOpen(on: 1)
        machine.join(1, to: 1)
        let third = machine.opened(8, isUnidirectional: false)
        #expect(third == .refused(.tooManyStreams))
        #expect(throws: AllocationRefusal.tooManyStreams) { try machine.mayOpen(on: 1) }
        machine.ended(4)
        let fourth = machine.opened(12, isUnidirectional: false)
        #expect(fourth == .data)
    }

    @Test("what ends a connection ends all of it, once")
    func close() throws {
        var machine = try Self.bound(1)
        try machine.reserve(2)
        let bound = machine.close()
        let again = machine.close()
        #expect(bound.map(\.number) == [1] && again.isEmpty)
        #expect(machine.tunnelCount == 0 && machine.streamCount == 0)
        let stream = machine.opened(4, isUnidirectional: false)
        let isBound = machine.bind(2, to: "late")
        #expect(stream == .refused(.goingAway) && !isBound)
    }

    @Test("keeps its bounds and its books, whatever a client does", arguments: 0..<16 as Range<UInt64>)
    func walk(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let limits = AllocationLimits(tunnels: 4, streams: 6)
        var machine = try Self.member(limits)
        _ = machine.opened(0, isUnidirectional: false)
        var (nextStream, open) = (4 as UInt64, Set<UInt64>())
        for _ in 0..<3_000 {
            let number = UInt64.random(in: 0..<6, using: &generator)
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: try? machine.reserve(number)
            case 1: _ = try? machine.reserveAny(number)
            case 2: _ = machine.bind(number, to: "tunnel \(number)")
            case 3: machine.release(number)
            case 4:
                for stream in machine.unbind(number)?.streams ?? [] { open.remove(stream) }
            case 5:
                nextStream += 4
                if machine.opened(nextStream, isUnidirectional: false) == .data { open.insert(nextStream) }
            case 6:
                if let stream = open.randomElement(using: &generator) { _ = try? machine.begin(stream, with: number) }
            default:
                if let stream = open.randomElement(using: &generator) {
                    machine.ended(stream)
                    open.remove(stream)
                }
            }
            #expect(machine.tunnelCount <= limits.tunnels && machine.streamCount <= limits.streams, "seed \(seed)")
            #expect(machine.streamCount == open.count, "seed \(seed)")
            #expect(machine.bound.reduce(0) { $0 + $1.streams } <= open.count, "seed \(seed)")
        }
    }
}
