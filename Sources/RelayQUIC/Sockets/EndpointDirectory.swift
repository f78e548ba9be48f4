import NIOCore
import Synchronization

/// The endpoints of a listener, each on its loop.
final class EndpointDirectory: Sendable {
    private struct Member: Sendable {
        let loop: any EventLoop
        let endpoint: NIOLoopBound<QUICEndpoint>
        let counts: EndpointCounts
    }

    private let members: Mutex<[Member?]>

    init(count: Int) {
        self.members = Mutex(Array(repeating: nil, count: count))
    }

    /// To be called on the endpoint's loop.
    func enter(_ endpoint: QUICEndpoint, at index: Int) {
        let loop = endpoint.loop
        let member = Member(loop: loop, endpoint: NIOLoopBound(endpoint, eventLoop: loop), counts: endpoint.counts)
        self.members.withLock { $0[index] = member }
    }

    private var all: [Member] { self.members.withLock { $0.compactMap { $0 } } }

    var counts: QUICCounts {
        var counts = QUICCounts()
        for member in self.all { member.counts.add(to: &counts) }
        return counts
    }

    /// Does something with each of them, on its loop, soon.
    func each(_ body: @escaping @Sendable (QUICEndpoint) -> Void) {
        for member in self.all { member.loop.execute { body(member.endpoint.value) } }
    }

    /// The same, and returns when all have done it.
    func eachDone(_ body: @escaping @Sendable (QUICEndpoint) -> Void) async {
        for member in self.all { try? await member.loop.submit { body(member.endpoint.value) }.get() }
    }

    /// Hands a packet to the endpoint whose connection it is for.
    func forward(_ packet: ByteBuffer, on path: Transport.Path, to index: Int) {
        guard let member = self.members.withLock({ $0[index] }) else { return }
        member.loop.execute {
            let endpoint = member.endpoint.value
            endpoint.turn {
                unsafe packet.withUnsafeReadableBytes { unsafe endpoint.receive($0, on: path) }
            }
        }
    }
}
