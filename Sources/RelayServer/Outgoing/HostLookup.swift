import Dispatch
import Glibc
import NIOCore
import RelayCore
import RelayWire
import Synchronization

/// Finds the addresses of a host.
///
/// The system's resolver holds a thread for as long as it waits, and can't be stopped: at most ``maxUnderWay`` look-ups go on at a time, of which
/// a user has a share. Owner of their count: its lock.
final class HostLookup: Sendable {
    typealias Lookup = @Sendable (String) -> [IPAddress]

    static let maxUnderWay = 16

    private let underWay = Mutex(OutgoingShares(most: HostLookup.maxUnderWay))
    private let lookup: Lookup
    private let queue = DispatchQueue(label: "host-lookup", attributes: .concurrent)

    /// - Parameter lookup: what the system says of a name; blocks. Empty: nothing is known of it.
    init(_ lookup: @escaping Lookup = { HostLookup.systemAddresses(of: $0) }) {
        self.lookup = lookup
    }

    /// - Parameters:
    ///   - host: an address is its own.
    ///   - owner: for whom it is; nil for the relay itself.
    /// - Throws: `unknownHost`, `overloaded`, `timeout`.
    func addresses(
        of host: String,
        for owner: UserID?,
        by deadline: NIODeadline,
        on eventLoop: any EventLoop
    ) async throws -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        guard self.underWay.withLock({ $0.enter(owner) }) else { throw OutgoingError.overloaded }
        // Whichever comes first completes it; what comes second is nothing to a promise.
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let timer = eventLoop.scheduleTask(deadline: deadline) { promise.fail(OutgoingError.timeout) }
        self.queue.async {
            let found = self.lookup(host)
            self.underWay.withLock { $0.leave(owner) }
            promise.succeed(found)
        }
        defer { timer.cancel() }
        let found = try await promise.futureResult.get()
        guard !found.isEmpty else { throw OutgoingError.unknownHost(host) }
        return found
    }

    /// In the order in which the system would have them tried.
    static func systemAddresses(of host: String) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe Self.address(entry.pointee), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let start = unsafe entry.ai_addr else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: Int(entry.ai_addrlen))
        return unsafe TransportAddress.read(bytes)?.address.address
    }
}
