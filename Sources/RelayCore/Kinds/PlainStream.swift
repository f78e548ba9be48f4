/// The ordinary topic: owned, granted, or public.
///
/// | who | read, inspect | publish | manage |
/// | --- | --- | --- | --- |
/// | admin, owner | yes | yes | yes |
/// | granted | yes | yes | no |
/// | anyone, public topic | yes | no | no |
/// | anyone, missing topic | read: waits; inspect: missing | creates and owns it, as `create` does | missing |
public struct PlainStream: TopicBehavior {
    public let kind = "stream"
    public let admitsNamedReaders = true

    public init() {}

    public func name(fromPath path: String) -> TopicName? {
        TopicName(path)
    }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard let record = access.record else {
            switch action {
            case .create, .read: return .allowed
            case .publish, .inspect, .manage: return .missing
            }
        }
        if principal.isAdmin || record.owner == principal.id { return .allowed }
        switch action {
        case .read, .inspect:
            return record.isPublic || access.grants.contains(principal.id) ? .allowed : .denied
        case .publish:
            return access.grants.contains(principal.id) ? .allowed : .denied
        case .create, .manage:
            return .denied
        }
    }
}
