import NIOHTTP1
import RelaySessions
import RelayWire

/// Locks on what a session's peers edit: looked at, taken, kept and given back.
enum LockRoutes {
    @Sendable static func list(_ call: SessionCall) async throws -> Reply {
        let session = try await call.service.session(try call.id, as: try await call.member())
        return Reply(.ok, .object([("locks", .list(session.locks.map(Self.tree)))]))
    }

    /// Takes a lock; with its fencing number, keeps one for longer.
    @Sendable static func put(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let (id, element) = (try call.id, try Self.element(call))
        let fence = try await call.fields(["fence"]) { fields -> Int?? in
            .some(fields.integer("fence", in: 1...Int.max))
        }
        if let fence {
            let lock = try await call.service.renewLock(on: element, fence: UInt64(fence), in: id, as: principal)
            return Reply(.ok, Self.tree(lock))
        }
        let granted = try await call.service.acquireLock(on: element, in: id, as: principal)
        return Reply(granted.isNew ? .created : .ok, Self.tree(granted.lock))
    }

    @Sendable static func release(_ call: SessionCall) async throws -> Reply {
        let principal = try await call.member()
        let fence = try call.query.first("fence").map { text throws(RequestError) in
            guard let fence = UInt64(text) else { throw Self.badFence }
            return fence
        }
        _ = try await call.service.releaseLock(
            on: try Self.element(call),
            fence: fence,
            in: try call.id,
            as: principal
        )
        return .noContent
    }

    private static func element(_ call: SessionCall) throws(RequestError) -> ElementID {
        guard let element = ElementID(call.pathText("element_id")) else { throw Self.badElement }
        return element
    }

    private static let badElement = Self.problem(
        "path",
        "element_id",
        "An element's id has 1 to 255 bytes, none of them control characters"
    )
    private static let badFence = Self.problem("query", "fence", "A fencing number is a whole number")

    private static func problem(_ place: String, _ name: String, _ text: String) -> RequestError {
        .invalid([ValidationIssue(type: "value_error", location: [.name(place), .name(name)], message: text)])
    }

    private static func tree(_ lock: SessionLock) -> JSONTree {
        .object([
            ("element_id", .text(lock.element.text)),
            ("peer_id", .text(lock.holder.text)),
            ("fence", .number(Int64(clamping: lock.fence))),
            ("expires_at", .number(lock.leaseUntil.unixSeconds)),
        ])
    }
}
