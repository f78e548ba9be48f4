public import NIOCore

/// What one QUIC connection to the relay has: who it is, the tunnels that are bound to it, the streams that are open. Decides, and does nothing.
///
/// | phase | left by |
/// | --- | --- |
/// | stranger | ``beginAuthentication()`` to asking; its time, to closed |
/// | asking | ``authenticated()`` to member; ``refuseAuthentication()`` to stranger; the same time, to closed |
/// | member | ``goAway()`` to leaving; ``close()`` to closed |
/// | leaving | ``close()`` to closed. What is bound goes on, and nothing new is |
/// | closed | nothing |
///
/// A tunnel's number is the connection's own: the same tunnel has another at the other peer, where that one has taken the number already.
///
/// - Parameter Tunnel: what the number stands for.
public struct Allocation<Tunnel: Sendable>: Sendable {
    public enum Phase: Hashable, Sendable {
        case stranger
        case asking
        case member
        case leaving
        case closed
    }

    private enum Place: Sendable {
        /// It is asked whether it may be.
        case reserved
        case bound(Tunnel, streams: Set<UInt64>)
    }

    public let limits: AllocationLimits
    public private(set) var phase = Phase.stranger
    private let startedAt: NIODeadline
    private var tunnels: [UInt64: Place] = [:]
    /// Of open streams, by their numbers in the connection; nil where the tunnel is not known yet.
    private var streams: [UInt64: UInt64?] = [:]
    private var control: UInt64?

    public init(limits: AllocationLimits, at now: NIODeadline) {
        self.limits = limits
        self.startedAt = now
    }

    // MARK: Who it is

    /// Until when it has to have said who it is; nil once it has, or is closed.
    public var authenticationEnd: NIODeadline? {
        switch self.phase {
        case .stranger, .asking: self.startedAt + self.limits.patience
        case .member, .leaving, .closed: nil
        }
    }

    /// Whether its time to say who it is has gone. Then it is closed from here on.
    public mutating func isOverdue(at now: NIODeadline) -> Bool {
        guard let end = self.authenticationEnd, now >= end else { return false }
        self.phase = .closed
        return true
    }

    /// It says who it is, which has to be found out now.
    public mutating func beginAuthentication() throws(AllocationRefusal) {
        switch self.phase {
        case .stranger: self.phase = .asking
        case .asking, .member: throw .alreadyAuthenticated
        case .leaving, .closed: throw .goingAway
        }
    }

    /// It is who it says.
    ///
    /// - Returns: false where that comes too late.
    public mutating func authenticated() -> Bool {
        guard case .asking = self.phase else { return false }
        self.phase = .member
        return true
    }

    /// It is not. It may try again in the time that is left.
    public mutating func refuseAuthentication() {
        if case .asking = self.phase { self.phase = .stranger }
    }

    // MARK: Tunnels

    /// Numbers that are bound, or about to be.
    public var tunnelCount: Int { self.tunnels.count }

    /// What is bound, by the numbers.
    public var bound: [(number: UInt64, tunnel: Tunnel, streams: Int)] {
        self.tunnels.compactMap { number, place in
            guard case .bound(let tunnel, let streams) = place else { return nil }
            return (number, tunnel, streams.count)
        }
        .sorted { $0.number < $1.number }
    }

    /// The client wants a tunnel to have this number. It is kept until ``bind(_:to:)`` or ``release(_:)``.
    public mutating func reserve(_ number: UInt64) throws(AllocationRefusal) {
        try self.requireRoom()
        guard self.tunnels[number] == nil else { throw .tunnelExists }
        self.tunnels[number] = .reserved
    }

    /// Another peer wants a tunnel with this one.
    ///
    /// - Parameter wished: the number that it has there.
    /// - Returns: the number that it has here, which is kept likewise: the same where it is free, else the lowest that is.
    public mutating func reserveAny(_ wished: UInt64) throws(AllocationRefusal) -> UInt64 {
        try self.requireRoom()
        var number = wished
        if self.tunnels[number] != nil {
            number = 0
            while self.tunnels[number] != nil { number += 1 }
        }
        self.tunnels[number] = .reserved
        return number
    }

    private func requireRoom() throws(AllocationRefusal) {
        switch self.phase {
        case .stranger, .asking: throw .unauthenticated
        case .leaving, .closed: throw .goingAway
        case .member: break
        }
        guard self.tunnels.count < self.limits.tunnels else { throw .tooManyTunnels }
    }

    /// The tunnel is there.
    ///
    /// - Returns: false where the number was given up meanwhile, or the connection closed.
    public mutating func bind(_ number: UInt64, to tunnel: Tunnel) -> Bool {
        guard case .reserved = self.tunnels[number] else { return false }
        self.tunnels[number] = .bound(tunnel, streams: [])
        return true
    }

    /// There will be no tunnel of this number.
    public mutating func release(_ number: UInt64) {
        if case .reserved = self.tunnels[number] { self.tunnels[number] = nil }
    }

    /// What a datagram's number stands for; nil for nothing.
    public func tunnel(_ number: UInt64) -> Tunnel? {
        guard case .bound(let tunnel, _) = self.tunnels[number] else { return nil }
        return tunnel
    }

    /// The tunnel is no more.
    ///
    /// - Returns: what it was, and its streams, which are to be reset; nil where there is none.
    public mutating func unbind(_ number: UInt64) -> (tunnel: Tunnel, streams: [UInt64])? {
        guard case .bound(let tunnel, let streams) = self.tunnels[number] else { return nil }
        self.tunnels[number] = nil
        for stream in streams { self.streams[stream] = nil }
        return (tunnel, streams.sorted())
    }

    // MARK: Streams

    public enum Opening: Hashable, Sendable {
        case control
        /// It begins with the number of a tunnel: see ``begin(_:with:)``.
        case data
        /// To be reset.
        case refused(AllocationRefusal)
    }

    /// Data streams that are open.
    public var streamCount: Int { self.streams.count }

    /// The client has opened a stream. The first bidirectional one is for control.
    public mutating func opened(_ stream: UInt64, isUnidirectional: Bool) -> Opening {
        if isUnidirectional { return .refused(.unidirectional) }
        if self.control == nil, stream == 0 {
            self.control = stream
            return .control
        }
        switch self.phase {
        case .stranger, .asking: return .refused(.unauthenticated)
        case .closed: return .refused(.goingAway)
        case .member, .leaving: break
        }
        guard self.streams.count < self.limits.streams else { return .refused(.tooManyStreams) }
        self.streams[stream] = .some(nil)
        return .data
    }

    /// A data stream begins with this number.
    ///
    /// - Returns: the tunnel that it is a stream of from here on.
    public mutating func begin(_ stream: UInt64, with number: UInt64) throws(AllocationRefusal) -> Tunnel {
        guard case .some(.none) = self.streams[stream] else { throw .tunnelUnknown }
        return try self.add(stream, to: number)
    }

    /// Whether another stream of a tunnel may be opened to this client. Where it may, ``join(_:to:)`` follows.
    ///
    /// - Parameter waiting: streams that are to be opened before it.
    public func mayOpen(on number: UInt64, behind waiting: Int = 0) throws(AllocationRefusal) {
        guard self.tunnel(number) != nil else { throw .tunnelUnknown }
        guard self.streams.count + waiting < self.limits.streams else { throw .tooManyStreams }
    }

    /// The relay has opened a stream of a tunnel to this client.
    ///
    /// - Precondition: ``mayOpen(on:)`` has said that it may, just before.
    public mutating func join(_ stream: UInt64, to number: UInt64) {
        do {
            _ = try self.add(stream, to: number)
        } catch {
            preconditionFailure("a stream was opened on tunnel \(number), which is not bound")
        }
    }

    private mutating func add(_ stream: UInt64, to number: UInt64) throws(AllocationRefusal) -> Tunnel {
        guard case .bound(let tunnel, var streams) = self.tunnels[number] else { throw .tunnelUnknown }
        streams.insert(stream)
        self.tunnels[number] = .bound(tunnel, streams: streams)
        self.streams[stream] = .some(number)
        return tunnel
    }

    /// A data stream is at its end, in whichever way. One that is not known says nothing.
    public mutating func ended(_ stream: UInt64) {
        guard let known = self.streams.removeValue(forKey: stream), let number = known,
            case .bound(let tunnel, var streams) = self.tunnels[number]
        else { return }
        streams.remove(stream)
        self.tunnels[number] = .bound(tunnel, streams: streams)
    }

    // MARK: The end

    /// Nothing new is bound to it. What is bound goes on.
    public mutating func goAway() {
        switch self.phase {
        case .member: self.phase = .leaving
        case .stranger, .asking, .leaving, .closed: break
        }
    }

    /// The connection is gone, or about to be.
    ///
    /// - Returns: what was bound to it.
    public mutating func close() -> [(number: UInt64, tunnel: Tunnel)] {
        let bound = self.bound.map { ($0.number, $0.tunnel) }
        self.phase = .closed
        self.tunnels = [:]
        self.streams = [:]
        return bound
    }
}
