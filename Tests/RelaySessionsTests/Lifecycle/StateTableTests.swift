import RelaySessions
import RelayWire
import Testing

/// Every operation in every state.
@Suite struct StateTableTests {
    enum Stage: String, CaseIterable {
        case created
        case active
        /// The host is lost, and still in the roster.
        case hostAway
        /// The host left a session that waits for it.
        case hostless
        case closing
        case closed
        case expired

        func session() throws -> Session {
            let locked = try makeSession(policy: .wait).inviting(name("spare"), .editor)
                .joined(guest).joined(observer, .observer)
                .acquireLock(on: name("held"), by: guest, at: moment(2)).session
            let created = try locked.requestTunnel(name("t"), from: guest, to: observer, at: moment(2)).session
            let active = try created.claimed(at: 3)
            switch self {
            case .created: return created
            case .active: return active
            case .hostAway: return try active.connectionLost(connection(host), of: host, at: moment(4)).session
            case .hostless: return try active.leave(host, at: moment(4)).session
            case .closing: return try active.close(by: .peer(host), at: moment(4)).session
            case .closed: return try #require(try Self.closing.session().tick(at: moment(9))).session
            case .expired: return try #require(active.tick(at: moment(3600))).session
            }
        }
    }

    enum Operation: String, CaseIterable {
        case joinByInvite
        case joinByClaim
        case resume
        case reconnect
        case leave
        case connectionLost
        case comeBack
        case heartbeat
        case close
        case kick
        case changeRole
        case createInvite
        case revokeInvite
        case acquireLock
        case renewLock
        case releaseLock
        case requestTunnel
        case acceptTunnel
        case closeTunnel

        func apply(to session: Session) throws(SessionRefusal) -> SessionTransition {
            let now = moment(5)
            let resuming = joining(ownTicket(guest), as: guest, resume: digest(UInt8(ascii: "g")), over: 2)
            switch self {
            case .joinByInvite: return try session.join(joining(ticket(name("spare"), .editor), as: newcomer), at: now)
            case .joinByClaim: return try session.join(joining(claimTicket, as: newcomer), at: now)
            case .resume: return try session.join(resuming, at: now)
            case .reconnect: return try session.reconnect(resuming, at: now)
            case .leave: return try session.leave(guest, at: now)
            case .connectionLost: return try session.connectionLost(connection(guest), of: guest, at: now)
            case .comeBack: return try session.comeBack(guest, over: connection(guest), at: now)
            case .heartbeat: return try session.heartbeat(by: host, at: now)
            case .close: return try session.close(by: .account(owner), at: now)
            case .kick: return try session.kick(guest, by: .account(owner), reason: "", at: now)
            case .changeRole:
                return try session.changeRole(
                    of: guest,
                    to: .observer,
                    by: .account(owner),
                    at: now
                )
            case .createInvite:
                return try session.createInvite(
                    name("another"),
                    role: .observer,
                    uses: 1,
                    expiresAt: moment(60),
                    by: .account(owner),
                    at: now
                )
            case .revokeInvite: return try session.revokeInvite(name("spare"), by: .account(owner), at: now)
            case .acquireLock: return try session.acquireLock(on: name("free"), by: guest, at: now)
            case .renewLock: return try session.renewLock(on: name("held"), fence: 1, by: guest, at: now)
            case .releaseLock: return try session.releaseLock(on: name("held"), fence: 1, by: guest, at: now)
            case .requestTunnel: return try session.requestTunnel(name("u"), from: guest, to: observer, at: now)
            case .acceptTunnel: return try session.acceptTunnel(name("t"), by: observer, at: now)
            case .closeTunnel: return try session.closeTunnel(name("t"), by: guest, at: now)
            }
        }

        /// Nil where the operation is carried out.
        func refusal(in stage: Stage) -> SessionRefusal? {
            switch stage {
            case .created, .hostless: return self == .heartbeat ? .peerUnknown : nil
            case .hostAway: return self == .heartbeat ? .peerAway : nil
            case .active: return nil
            case .closing:
                let last: [Self] = [.leave, .connectionLost, .comeBack, .releaseLock, .closeTunnel]
                return last.contains(self) ? nil : .sessionClosed
            case .closed: return .sessionClosed
            case .expired: return .sessionExpired
            }
        }
    }

    @Test("Each operation is carried out or refused as the state says", arguments: Stage.allCases, Operation.allCases)
    func table(stage: Stage, operation: Operation) throws {
        let session = try stage.session()
        let expected = operation.refusal(in: stage)
        do throws(SessionRefusal) {
            let transition = try operation.apply(to: session)
            #expect(expected == nil)
            // The guest is there.
            #expect(transition.session.revision == session.revision + (operation == .comeBack ? 0 : 1))
        } catch {
            #expect(error == expected)
        }
    }

    @Test("What changes the state makes it the right one")
    func nextStates() throws {
        func after(_ operation: Operation, _ stage: Stage) throws -> Session.State {
            try operation.apply(to: try stage.session()).session.state
        }
        #expect(try after(.joinByClaim, .created) == .active)
        #expect(try after(.joinByInvite, .created) == .created(claimBy: moment(120)))
        #expect(try after(.joinByClaim, .hostless) == .hostAway)
        for stage in [Stage.created, .active, .hostAway, .hostless] {
            #expect(try after(.close, stage) == .closing(at: moment(10), .userRequested))
        }
        #expect(try Stage.closed.session().state == .closed(at: moment(9), .userRequested))
        #expect(try Stage.expired.session().state == .expired(at: moment(3600)))
    }

    @Test("An ended session has nothing to do any more", arguments: [Stage.closed, .expired])
    func ended(stage: Stage) throws {
        let session = try stage.session()
        let end: Int64 = stage == .closed ? 9 : 3600
        #expect(session.nextDue == moment(end + 60))
        #expect(!session.isOver(at: moment(end + 59)) && session.isOver(at: moment(end + 60)))
        #expect(session.tick(at: moment(1_000_000)) == nil)
        #expect(session.peers.isEmpty && session.locks.isEmpty && session.tunnels.isEmpty && session.host == nil)
    }
}
