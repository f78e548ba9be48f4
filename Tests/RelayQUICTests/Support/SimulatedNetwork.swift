import NIOCore
import NIOEmbedded
import SeededRandom

@testable import RelayQUIC

/// A network in memory, with the clock of one loop: it delays, loses, doubles and reorders datagrams as a seed says.
final class SimulatedNetwork {
    /// What the network does to what passes.
    struct Weather {
        var delay = TimeAmount.milliseconds(10)
        /// Added to each datagram's delay, up to so much: what reorders them.
        var jitter = TimeAmount.zero
        /// Percent.
        var loss = 0
        /// Percent.
        var doubling = 0
    }

    /// A datagram on its way.
    struct Passing {
        var bytes: ByteBuffer
        var source: PeerAddress
        var destination: PeerAddress
    }

    /// The output of one endpoint.
    final class Port: PacketOutput {
        private unowned let network: SimulatedNetwork

        fileprivate init(_ network: SimulatedNetwork) {
            self.network = network
        }

        func send(_ bytes: UnsafeRawBufferPointer, size: Int, on path: Transport.Path) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                let packet = unsafe UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)])
                let datagram = Passing(
                    bytes: unsafe ByteBuffer(bytes: packet),
                    source: path.local,
                    destination: path.remote
                )
                self.network.pass(datagram)
            }
        }
    }

    let loop: EmbeddedEventLoop
    var weather = Weather()
    /// Sees each datagram before anything happens to it, and may change it; nil drops it.
    var watch: (Passing) -> Passing? = { $0 }
    private(set) var passed = 0
    private(set) var bytes = 0
    private var random: SeededGenerator
    private var endpoints: [PeerAddress: QUICEndpoint] = [:]
    private var known: [QUICEndpoint] = []

    init(seed: UInt64 = 1, loop: EmbeddedEventLoop = EmbeddedEventLoop()) {
        self.random = SeededGenerator(seed: seed)
        self.loop = loop
        // As on a machine that has been on for a while.
        loop.advanceTime(by: .seconds(100))
    }

    func makePort() -> Port { Port(self) }

    func attach(_ endpoint: QUICEndpoint, at address: PeerAddress) {
        self.endpoints[address] = endpoint
        self.known.append(endpoint)
    }

    func detach(_ address: PeerAddress) { self.endpoints[address] = nil }

    /// Puts a datagram on its way.
    func pass(_ datagram: Passing) {
        self.passed += 1
        self.bytes += datagram.bytes.readableBytes
        guard let datagram = self.watch(datagram), !self.random.chance(self.weather.loss) else { return }
        self.deliver(datagram)
        if self.random.chance(self.weather.doubling) { self.deliver(datagram) }
    }

    private func deliver(_ datagram: Passing) {
        let jitter = self.weather.jitter.nanoseconds
        let extra = jitter > 0 ? Int64.random(in: 0...jitter, using: &self.random) : 0
        self.loop.assumeIsolated().scheduleTask(in: self.weather.delay + .nanoseconds(extra)) {
            guard let endpoint = self.endpoints[datagram.destination] else { return }
            let path = Transport.Path(local: datagram.destination, remote: datagram.source)
            endpoint.turn {
                unsafe datagram.bytes.withUnsafeReadableBytes { unsafe endpoint.receive($0, on: path) }
            }
        }
    }

    /// Ends all connections, and lets time pass until nothing waits any more: else timers and connections hold each other.
    func shutDown() {
        self.watch = { _ in nil }
        for endpoint in self.known { endpoint.close(code: 0, reason: "") }
        self.loop.advanceTime(by: .hours(1))
        self.endpoints = [:]
        self.known = []
    }

    func run(for amount: TimeAmount) { self.loop.advanceTime(by: amount) }

    /// Lets time pass until something holds.
    ///
    /// - Returns: whether it came to hold.
    func run(atMost amount: TimeAmount = .seconds(30), until holds: () -> Bool) -> Bool {
        let step = TimeAmount.milliseconds(5)
        var left = amount
        while !holds(), left > .zero {
            self.loop.advanceTime(by: step)
            left = left - step
        }
        return holds()
    }
}

extension PeerAddress {
    /// 192.0.2.`host`:`port`.
    static func test(_ host: Int, port: Int = 4_433) -> PeerAddress {
        guard let address = try? SocketAddress(ipAddress: "192.0.2.\(host)", port: port),
            let read = PeerAddress(address)
        else { preconditionFailure("the address is one") }
        return read
    }

    /// The same address with another port.
    func with(port: Int) -> PeerAddress {
        var address = self.socketAddress
        address.port = port
        guard let read = PeerAddress(address) else { preconditionFailure("the address is one") }
        return read
    }
}
