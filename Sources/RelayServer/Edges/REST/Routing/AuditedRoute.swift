import HTTPTypes
import NIOHTTP1
import RelayAccess
import RelayCore

/// How a route's requests are recorded in the audit log: declared with the route.
struct AuditedRoute: Sendable {
    /// What its requests do: `user.create`.
    let action: String
    /// Which part of the path says on what; nil where the route notes it, or there is nothing.
    var target: String?

    init(_ action: String, target: String? = nil) {
        self.action = action
        self.target = target
    }

    /// What holds for a route that does not say: what only administrators may do is recorded, by its method and path, unless it changes nothing.
    static func implied(_ method: HTTPRequest.Method, _ path: String, _ admission: Admission) -> AuditedRoute? {
        guard case .caller(let permissions, _) = admission, permissions.contains(.admin), method != .get else {
            return nil
        }
        return AuditedRoute("\(method.rawValue.lowercased()) \(path)", target: self.lastParameter(of: path))
    }

    /// The name of the path's last variable part.
    private static func lastParameter(of path: String) -> String? {
        path.split(separator: "/").last { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
    }
}

extension RESTCall {
    /// Records what came of the request.
    func record(_ route: AuditedRoute, _ reply: Reply) async {
        guard let note = self.note, let trail = self.services.audit else { return }
        let status = Int(reply.status.code)
        let noted = note.noted
        let user = await self.user(noted.user)
        trail.record(
            AuditAct(
                user: noted.user,
                username: user?.username,
                address: self.clientAddress,
                action: route.action,
                target: noted.target ?? route.target.map { self.parameter($0) },
                targetName: noted.targetName,
                outcome: status < 400 ? .ok : status < 500 ? .refused : .failed,
                status: status,
                details: noted.details
            ),
            by: noted.isAdministrator ? .administrator : noted.user.map { .user($0) } ?? .stranger,
            in: self.context.names
        )
    }

    /// Names change, so the log has the one of now. Nil where it can't be found out.
    func user(_ id: UserID?) async -> User? {
        guard let id else { return nil }
        return try? await self.services.access.users.user(id)
    }
}
