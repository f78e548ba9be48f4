public import RelayAccess
public import RelayCore
import RelayValkey
public import RelayWire

extension ValkeyStore: ServiceTokenStore {
    public func insertServiceToken(
        _ token: ServiceToken,
        generation: Int64,
        most: Int
    ) async throws(StoreError) -> ServiceTokenInsertion {
        let layout = self.layout
        let reply = try await self.run(
            InsertServiceTokenScript.script,
            keys: [
                layout.serviceToken(token.id), layout.serviceTokens,
                layout.userServiceTokensPrefix + token.user.rawValue, layout.serviceTokenEnds,
                layout.userPrefix + token.user.rawValue,
            ],
            [
                .init(token.id), .init(token.place.member), .init(token.expiresAt.microseconds), .init(generation),
                .init(most),
            ] + token.fields
        )
        return switch reply.integer {
        case 1: .stored
        case -1: .full
        default: .outdated
        }
    }

    public func serviceToken(_ id: String) async throws(StoreError) -> ServiceToken? {
        try await self.serviceTokens([id]).first
    }

    public func serviceTokens(
        of user: UserID?,
        after place: ServiceTokenPlace?,
        limit: Int
    ) async throws(StoreError) -> [ServiceToken] {
        let list = user.map { self.layout.userServiceTokensPrefix + $0.rawValue } ?? self.layout.serviceTokens
        let reply = try await self.send(
            "ZRANGEBYLEX",
            list,
            .init(place.map { "(\($0.member)" } ?? "-"),
            "+",
            "LIMIT",
            "0",
            .init(max(0, limit))
        )
        let members = (reply.array ?? []).compactMap(\.text)
        return try await self.serviceTokens(members.map { String($0.dropFirst(ServiceTokenPlace.digits + 1)) })
    }

    /// Those of the tokens that there still are.
    private func serviceTokens(_ ids: [String]) async throws(StoreError) -> [ServiceToken] {
        let hashes = try await self.send(
            "HGETALL",
            each: ids.map { self.layout.serviceToken($0) },
            keepingWrongTypes: true
        )
        return zip(ids, hashes).compactMap { id, hash in
            self.readable("service token \(id)") { () throws(StoreError) in
                try ServiceToken(id, HashFields(hash))
            }
        }
    }

    public func removeServiceToken(_ id: String) async throws(StoreError) -> Bool {
        try await self.run(
            RemoveServiceTokenScript.script,
            keys: self.layout.serviceTokenLists,
            self.layout.serviceTokenPrefixes + [.init(id)]
        ).integer == 1
    }

    public func sweepServiceTokens(at now: Timestamp) async throws(StoreError) {
        var count: Int64
        repeat {
            let reply = try await self.run(
                SweepServiceTokensScript.script,
                keys: self.layout.serviceTokenLists,
                self.layout.serviceTokenPrefixes + [.init(now.microseconds)]
            )
            count = reply.integer ?? 0
        } while count > 0
    }
}

extension KeyLayout {
    fileprivate func serviceToken(_ id: String) -> String { self.serviceTokenPrefix + id }

    /// What scripts need that drop tokens.
    fileprivate var serviceTokenLists: [String] { [self.serviceTokens, self.serviceTokenEnds, self.fence] }

    fileprivate var serviceTokenPrefixes: [ValkeyArgument] {
        [.init(self.serviceTokenPrefix), .init(self.userServiceTokensPrefix)]
    }
}

extension ServiceTokenPlace {
    fileprivate static let digits = 19

    /// In a sorted set of one score: bytes in the order of places. A moment before 1970 counts as then.
    fileprivate var member: String {
        let moment = String(max(0, self.createdAt.microseconds))
        return String(repeating: "0", count: Self.digits - moment.utf8.count) + "\(moment)-\(self.id)"
    }
}

extension ServiceToken {
    fileprivate var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = [
            "user", .init(self.user.rawValue), "scope", .init(self.scope.storedText),
            "created", .init(self.createdAt.microseconds), "expires", .init(self.expiresAt.microseconds),
        ]
        if let label = self.label { fields += ["label", .init(label)] }
        return fields
    }

    /// - Returns: nil where there are no fields.
    fileprivate init?(_ id: String, _ fields: HashFields) throws(StoreError) {
        guard !fields.isEmpty else { return nil }
        let text = try fields.required(fields.text("scope"), "scope")
        self.init(
            id: id,
            user: UserID(try fields.required(fields.text("user"), "user")),
            label: fields.text("label"),
            scope: try fields.required(TokenScope(storedText: text), "scope"),
            createdAt: try fields.required(fields.moment("created"), "created"),
            expiresAt: try fields.required(fields.moment("expires"), "expires")
        )
    }
}
