import CNGTCP2
import NIOCore
import Synchronization

/// The connections of one loop: whose a packet is, who comes in, and what is due when. It knows no socket: packets come in by
/// ``receive(_:on:)``, and go out by its output. The loop is its clock.
final class QUICEndpoint: QUICConnectionOwner {
    /// Whom new connections are handed to.
    typealias Accept = (QUICConnection) -> (any QUICConnectionHandler)?

    /// What a server has beside a client.
    struct Server {
        var certificate: QUICCertificate
        /// This endpoint's share of them, where they are divided.
        let limits: QUICLimits
        let admission: Admission
        /// See ``QUICListener/Configuration/charge``.
        let charge: ((Int) -> Bool)?
        let accept: Accept
    }

    /// Takes a packet that another endpoint's connection is to have.
    typealias Forward = (_ index: Int, _ packet: ByteBuffer, Transport.Path) -> Void

    /// RFC 9000 section 20.1, INVALID_TOKEN.
    private static let invalidToken: UInt64 = 0x0B
    /// The same, INTERNAL_ERROR.
    private static let internalError: UInt64 = 0x01

    let loop: any EventLoop
    let counts: EndpointCounts
    private let settings: TransportSettings
    private let plan: ConnectionIDPlan
    private let run: PacketRun
    private let answers: StrayAnswers
    private let forward: Forward?
    private var server: Server?
    private var isAccepting = true
    private var table: ConnectionTable
    private var forgetting: Scheduled<Void>?
    private var touched: [QUICConnection] = []
    /// Whether ``settle()`` is about to be called.
    private var isSettling = false
    /// Of a server that a client was connected to, for the next time.
    private(set) var token: [UInt8] = []

    /// - Parameters:
    ///   - server: nil for a client.
    ///   - forward: nil where there is no other endpoint.
    init(
        loop: any EventLoop,
        settings: TransportSettings,
        plan: ConnectionIDPlan,
        output: any PacketOutput,
        counts: EndpointCounts,
        server: Server?,
        forward: Forward? = nil
    ) {
        let limits = server?.limits ?? QUICLimits()
        self.loop = loop
        self.counts = counts
        self.settings = settings
        self.plan = plan
        self.run = PacketRun(output: output, counts: counts)
        self.server = server
        self.forward = forward
        self.table = ConnectionTable(mostEnded: limits.connections)
        self.answers = StrayAnswers(
            settings: settings,
            plan: plan,
            output: output,
            counts: counts,
            limits: limits,
            at: loop.now
        )
    }

    // MARK: What is asked of it

    /// The certificate for handshakes that begin from now on.
    func use(_ certificate: QUICCertificate) { self.server?.certificate = certificate }

    func stopAccepting() { self.isAccepting = false }

    /// Ends all connections and tells the peers.
    func close(code: UInt64, reason: String) {
        self.stopAccepting()
        self.turn {
            for connection in self.table.connections { connection.close(code: code, reason: reason) }
        }
    }

    /// A client's connection. Its handler is to be set before this turn of the loop ends.
    ///
    /// - Throws: where there is no memory.
    func connect(
        on path: Transport.Path,
        name: String?,
        trust: QUICTrust,
        token: [UInt8]
    ) throws(QUICProblem) -> QUICConnection {
        if let absence = QUICLibrary.absence { throw .notBuiltIn(absence) }
        let id = self.plan.marked(.random())
        let transport = Transport.connect(
            name: name,
            digests: trust.digests,
            token: token,
            id: id,
            on: path,
            self.settings,
            at: self.loop.now
        )
        guard let transport else { throw .notConnected }
        let connection = self.add(transport, isServer: false, id: id, on: path, guest: nil)
        self.touch(connection)
        return connection
    }

    // MARK: Packets

    /// Takes a datagram, within ``turn(_:)``.
    func receive(_ bytes: UnsafeRawBufferPointer, on path: Transport.Path) {
        self.counts.received.increase()
        var packet = unsafe quic_packet()
        unsafe quic_packet_read(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &packet)
        guard unsafe packet.kind != QUIC_PACKET_NONE else { return self.counts.dropped.increase() }
        switch self.table[ConnectionID(unsafe packet.destination)] {
        case .open(let connection): unsafe self.receive(bytes, of: packet, for: connection, on: path)
        case .ended(let ended):
            guard let farewell = ended.answer(to: bytes.count, on: path) else { return }
            self.answers.repeatFarewell(farewell, on: path, at: self.loop.now)
        case nil where self.server == nil: unsafe self.receiveStray(bytes, packet, byClient: path)
        case nil: unsafe self.receiveStray(bytes, packet, on: path)
        }
    }

    private func receive(
        _ bytes: UnsafeRawBufferPointer,
        of packet: quic_packet,
        for connection: QUICConnection,
        on path: Transport.Path
    ) {
        let now = self.loop.now
        let outcome = unsafe connection.receive(bytes, on: path, at: now)
        self.follow(outcome, connection)
        if outcome == .wantsRetry { unsafe self.answers.askForProof(packet, on: path, at: now) }
    }

    /// A stateless reset looks like a packet for an unknown id. A client has one connection that it can be for.
    private func receiveStray(_ bytes: UnsafeRawBufferPointer, _ packet: quic_packet, byClient path: Transport.Path) {
        guard let connection = self.table.connections.first, unsafe packet.kind == QUIC_PACKET_SHORT else {
            return self.counts.dropped.increase()
        }
        unsafe self.receive(bytes, of: packet, for: connection, on: path)
    }

    private func receiveStray(_ bytes: UnsafeRawBufferPointer, _ packet: quic_packet, on path: Transport.Path) {
        let now = self.loop.now
        switch unsafe packet.kind {
        case QUIC_PACKET_INITIAL: unsafe self.receiveFirst(bytes, packet, on: path, at: now)
        case QUIC_PACKET_SHORT:
            let index = self.plan.index(of: ConnectionID(unsafe packet.destination))
            if let index, index != self.plan.index, let forward {
                return forward(index, unsafe ByteBuffer(bytes: bytes), path)
            }
            self.counts.dropped.increase()
            unsafe self.answers.reset(packet, size: bytes.count, on: path, at: now)
        case QUIC_PACKET_OTHER_VERSION:
            self.counts.dropped.increase()
            unsafe self.answers.offerVersions(for: bytes, on: path, at: now)
        default: self.counts.dropped.increase()
        }
    }

    // MARK: Who comes in

    private func receiveFirst(
        _ bytes: UnsafeRawBufferPointer,
        _ packet: quic_packet,
        on path: Transport.Path,
        at now: NIODeadline
    ) {
        let (token, original) = unsafe self.token(of: packet, on: path, at: now)
        guard token != QUIC_TOKEN_WRONG else {
            return unsafe self.answers.refuse(packet, Self.invalidToken, on: path, at: now)
        }
        guard self.isAccepting, let server else {
            return unsafe self.answers.refuse(packet, QUICEnd.refused, on: path, at: now)
        }
        switch server.admission.admit(on: path.remote.network, Self.proof(token), at: now) {
        case .isRefused: unsafe self.answers.refuse(packet, QUICEnd.refused, on: path, at: now)
        case .proves: unsafe self.answers.askForProof(packet, on: path, at: now)
        case .comesIn(let guest): unsafe self.accept(bytes, packet, original, guest, by: server, on: path)
        }
    }

    private static func proof(_ token: quic_token) -> AdmissionBook.Proof {
        switch token {
        case QUIC_TOKEN_RETRY: .now
        case QUIC_TOKEN_EARLIER: .earlier
        default: .none
        }
    }

    /// - Returns: what the client's token proves, and the id that it had chosen before a Retry.
    private func token(
        of packet: quic_packet,
        on path: Transport.Path,
        at now: NIODeadline
    ) -> (quic_token, original: quic_id?) {
        var packet = unsafe packet
        var original = quic_id()
        var remote = path.remote.address
        let token = unsafe self.settings.withTokenSecret {
            unsafe quic_packet_token(&packet, &remote, $0, now.uptimeNanoseconds, &original)
        }
        return (token, token == QUIC_TOKEN_RETRY ? original : nil)
    }

    /// - Parameter original: nil for a client that has not answered a Retry: it is sent no more than three times what it sends.
    private func accept(
        _ bytes: UnsafeRawBufferPointer,
        _ packet: quic_packet,
        _ original: quic_id?,
        _ guest: AdmissionBook.Guest,
        by server: Server,
        on path: Transport.Path
    ) {
        let now = self.loop.now
        let id = self.plan.marked(.random())
        let transport = unsafe Transport.accept(
            packet,
            id: id,
            original: original,
            isProved: original != nil,
            on: path,
            self.settings,
            server.certificate,
            at: now
        )
        guard let transport else {
            server.admission.left(guest, wasOpen: false)
            return unsafe self.answers.refuse(packet, QUICEnd.refused, on: path, at: now)
        }
        self.counts.connections.add(1, ordering: .relaxed)
        self.counts.handshakes.add(1, ordering: .relaxed)
        let connection = self.add(transport, isServer: true, id: id, on: path, guest: guest)
        // The client uses the id that it has chosen until it has an answer.
        self.table.add(ConnectionID(unsafe packet.destination), of: connection)
        unsafe self.receive(bytes, of: packet, for: connection, on: path)
    }

    private func add(
        _ transport: Transport,
        isServer: Bool,
        id: ConnectionID,
        on path: Transport.Path,
        guest: AdmissionBook.Guest?
    ) -> QUICConnection {
        let connection = QUICConnection(
            transport,
            isServer: isServer,
            path: path,
            owner: self,
            datagramQueue: self.settings.settings.datagramQueue,
            guest: guest
        )
        self.table.add(id, of: connection)
        return connection
    }

    // MARK: What connections tell

    func made(_ id: ConnectionID, for connection: QUICConnection) -> ConnectionID {
        let id = self.plan.marked(id)
        self.table.add(id, of: connection)
        return id
    }

    func retired(_ id: ConnectionID, of connection: QUICConnection) { self.table.remove(id, of: connection) }

    func took(token: [UInt8]) { self.token = token }

    func opened(_ connection: QUICConnection) {
        guard let guest = connection.guest, let server else { return }
        server.admission.opened(guest)
        self.counts.handshakes.subtract(1, ordering: .relaxed)
        self.counts.accepted.increase()
        connection.handler = server.accept(connection)
    }

    // MARK: What becomes of connections

    private func follow(_ outcome: Transport.Outcome, _ connection: QUICConnection) {
        switch outcome {
        case .goesOn: self.touch(connection)
        case .mustClose: self.end(connection, tellsPeer: true)
        case .isOver, .wantsRetry: self.end(connection, tellsPeer: false)
        }
    }

    /// - Parameter how: nil: as the library says.
    private func end(_ connection: QUICConnection, _ how: QUICEnd? = nil, tellsPeer: Bool) {
        guard !connection.isOver else { return }
        let now = self.loop.now
        let end = how ?? connection.transportEnd
        let farewell = tellsPeer ? connection.writeClose(into: self.run, at: now) : nil
        self.run.flush()
        connection.timer?.cancel()
        connection.timer = nil
        connection.timerMoment = nil
        self.table.remove(connection)
        // Who has forgotten it, or is silent, sends nothing more.
        if end != .idle && end != .reset {
            self.table.end(connection, until: now + connection.closingTime, farewell: farewell)
            self.awaitForgetting()
        }
        self.leave(connection)
        connection.finish(end)
        self.charge(connection, 0)
    }

    /// - Returns: whether as much may be held. What may not is not charged.
    @discardableResult
    private func charge(_ connection: QUICConnection, _ due: Int) -> Bool {
        let difference = due - connection.charged
        guard difference != 0 else { return true }
        if let charge = self.server?.charge, !charge(difference), difference > 0 { return false }
        self.counts.memory.add(difference, ordering: .relaxed)
        connection.charged = due
        return true
    }

    private func awaitForgetting() {
        guard self.forgetting == nil, let next = self.table.nextToForget else { return }
        self.forgetting = self.loop.assumeIsolated().scheduleTask(deadline: next) {
            self.forgetting = nil
            self.table.forgetEnded(at: self.loop.now)
            self.awaitForgetting()
        }
    }

    private func leave(_ connection: QUICConnection) {
        guard let guest = connection.guest else { return }
        self.server?.admission.left(guest, wasOpen: connection.wasOpen)
        self.counts.connections.subtract(1, ordering: .relaxed)
        guard !connection.wasOpen else { return }
        self.counts.handshakes.subtract(1, ordering: .relaxed)
        self.counts.failed.increase()
    }

    // MARK: Turns

    /// Does something for several connections, and then all that follows from it.
    func turn(_ body: () -> Void) {
        self.isSettling = true
        body()
        self.settle()
    }

    func touch(_ connection: QUICConnection) {
        guard !connection.isTouched else { return }
        connection.isTouched = true
        self.touched.append(connection)
        guard !self.isSettling else { return }
        self.isSettling = true
        self.loop.assumeIsolated().execute { self.settle() }
    }

    /// Tells what has happened, and sends what may be sent.
    private func settle() {
        self.isSettling = true
        while !self.touched.isEmpty {
            let turn = self.touched
            self.touched = []
            for connection in turn {
                connection.isTouched = false
                if !connection.isOver { self.settle(connection) }
            }
        }
        self.isSettling = false
    }

    private func settle(_ connection: QUICConnection) {
        if let (code, reason) = connection.tellEvents() {
            return self.end(connection, .application(code: code, reason: reason, by: .here), tellsPeer: true)
        }
        let now = self.loop.now
        if connection.write(into: self.run, at: now) { return self.end(connection, tellsPeer: true) }
        self.run.flush()
        // Writing may have shown that a stream was stopped.
        if connection.hasEvents { self.touch(connection) }
        guard self.charge(connection, connection.due) else {
            connection.fail(Self.internalError)
            return self.end(connection, tellsPeer: true)
        }
        self.await(connection, now)
    }

    // MARK: Time

    /// The timer is left where it is when it is early enough: it is set anew when it fires. Most packets move the moment back.
    private func await(_ connection: QUICConnection, _ now: NIODeadline) {
        guard let expiry = connection.expiry else { return }
        if let moment = connection.timerMoment {
            guard expiry < moment else { return }
            connection.timer?.cancel()
        }
        // The library does some things only after the moment that it names.
        let moment = max(expiry, now + .microseconds(1))
        connection.timerMoment = moment
        connection.timer = self.loop.assumeIsolated().scheduleTask(deadline: moment) { self.fired(connection) }
    }

    private func fired(_ connection: QUICConnection) {
        connection.timerMoment = nil
        connection.timer = nil
        guard !connection.isOver else { return }
        let now = self.loop.now
        guard let expiry = connection.expiry, expiry <= now else { return self.await(connection, now) }
        self.turn { self.follow(connection.expire(at: now), connection) }
    }
}
