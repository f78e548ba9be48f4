import NIOCore
import NIOHPACK
import RelayCore
import RelayHTTP3
import RelayQUIC

/// One connection of HTTP/3, whose streams carry the requests: each is a channel with an ``HTTPConnection`` of its own. This has what concerns
/// them all: who may have another one, how long the connection may be idle, and how it ends.
///
/// Lives on its loop.
final class HTTP3Link {
    let services: HTTPServices
    private let http2: HTTP2Services
    private let connection = HTTP3Connection()
    private let loop: DeliveryLoop
    /// Where the client was when it came.
    let peer: SocketAddress
    /// By what its streams and its floods are counted.
    private let key: String?
    private var streams = 0
    /// When the client has to have made another request.
    private var deadline: NIODeadline
    private var charge = RequestCharge()
    private var isDraining = false
    /// Of streams that come to nothing.
    private var budget = FrameBudget(.resets, at: .now())
    var outstanding = Outstanding()

    private init(
        _ peer: SocketAddress,
        _ key: String?,
        _ services: HTTPServices,
        _ http2: HTTP2Services,
        _ loop: DeliveryLoop
    ) {
        self.peer = peer
        self.key = key
        self.services = services
        self.http2 = http2
        self.loop = loop
        self.deadline = .now() + services.timeouts.header
    }

    var metrics: HTTP3Metrics { self.services.metrics.http3 }

    static func open(
        _ transport: QUICConnection,
        _ services: HTTPServices,
        _ http2: HTTP2Services
    ) -> (any QUICConnectionHandler)? {
        let key = http2.key(of: transport.peer)
        guard http2.admits(key) else {
            services.metrics.http3.connectionEnded(.refused)
            transport.close(code: HTTP3ErrorCode.excessiveLoad.rawValue)
            return nil
        }
        let link = HTTP3Link(transport.peer, key, services, http2, services.loops[transport.eventLoop])
        link.connection.handler = link
        link.metrics.connectionOpened()
        link.loop.current?.connections.add(link)
        return link.connection
    }

    // MARK: Streams

    /// - Returns: nil where the client has to try again later.
    func takePlace() -> ConnectionQuota.Place? {
        guard let place = self.http2.enter(self.key) else {
            self.metrics.streamRefused()
            return nil
        }
        return place
    }

    func streamOpened() {
        self.streams += 1
        self.deadline = .distantFuture
    }

    func streamClosed() {
        self.streams -= 1
        guard self.streams == 0 else { return }
        self.deadline = .now() + self.services.timeouts.idle
        if self.isDraining { self.connection.close(.noError) }
    }
}

extension HTTP3Link: HTTP3ConnectionHandler {
    func connection(_ connection: HTTP3Connection, received head: HTTP3RequestHead, of request: HTTP3Request) {
        guard let place = self.takePlace() else { return }
        RequestChannel.open(
            request,
            StreamHead(head.streamFields, isComplete: request.isComplete),
            holding: place,
            on: self
        )
    }

    func connection(_ connection: HTTP3Connection, foundTooLarge request: HTTP3Request) {
        self.http2.flooded(self.key)
        guard let place = self.takePlace() else { return }
        RequestChannel.open(request, .tooLarge, holding: place, on: self)
    }

    func connectionGaveUpStream(_ connection: HTTP3Connection) {
        guard !self.budget.spend(at: .now()) else { return }
        self.http2.flooded(self.key)
        connection.close(.excessiveLoad, "Too many streams that come to nothing")
    }

    func connection(_ connection: HTTP3Connection, endedBy end: QUICEnd, _ violation: HTTP3Violation?) {
        if case .application(HTTP3ErrorCode.excessiveLoad.rawValue, _, by: .here) = end {
            self.metrics.connectionEnded(.flood)
        } else if violation != nil {
            self.metrics.connectionEnded(.malformed)
        }
        _ = self.charge.set(0, of: .strangers, in: self.services.memory)
        self.metrics.connectionClosed()
        self.loop.current?.connections.remove(self)
    }
}

extension HTTP3Link: LoopConnection {
    var isEncrypted: Bool { true }

    /// None has all of it.
    var channel: (any Channel)? { nil }

    func tick(_ now: NIODeadline) -> NIODeadline {
        self.connection.tick(now)
        if now > self.deadline { self.connection.close(.noError) }
        guard self.charge.set(self.connection.heldBytes, of: .strangers, in: self.services.memory) else {
            self.connection.close(.excessiveLoad, "There is no room")
            return now
        }
        return now
    }

    func cutOff() { self.connection.close(.noError) }

    func shutDown() {
        self.isDraining = true
        self.connection.drain()
        if self.streams == 0 { self.connection.close(.noError) }
    }
}

extension HTTP3RequestHead {
    /// The fields as HTTP/2 has them.
    fileprivate var streamFields: HPACKHeaders {
        var fields = HPACKHeaders()
        fields.reserveCapacity(self.fields.count + 5)
        fields.add(name: ":method", value: self.method)
        if let scheme = self.scheme { fields.add(name: ":scheme", value: scheme) }
        if let path = self.path { fields.add(name: ":path", value: path) }
        if let authority = self.authority { fields.add(name: ":authority", value: authority) }
        if let name = self.connectProtocol { fields.add(name: ":protocol", value: name) }
        for field in self.fields { fields.add(name: field.name, value: field.value) }
        return fields
    }
}
