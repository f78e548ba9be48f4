import NIOCore
import RelayCore

/// The connections of this relay, for administrators who ask. Nothing is kept for that beyond what the loops have of their connections.
///
/// A loop gives its connections in portions, with its sockets looked after between them. So a look at a hundred thousand of them holds up
/// nobody.
struct ConnectionRegister: Sendable {
    /// Which connections are asked for; nil for any.
    struct Filter: Sendable {
        var kind: ConnectionFacts.Kind?
        var user: UserID?
        var address: String?

        func takes(_ sight: ConnectionSight) -> Bool {
            (self.kind == nil || self.kind == sight.facts.kind)
                && (self.user == nil || self.user == sight.facts.user)
                && (self.address == nil || self.address == sight.address)
        }
    }

    /// Connections that a loop names in a turn, and that it describes in one.
    private static let namesAtOnce = 2_000
    private static let sightsAtOnce = 100

    private let loops: [DeliveryLoop]

    init(_ loops: DeliveryLoops) {
        self.loops = loops.all
    }

    /// How many there are.
    func count() async -> Int {
        var count = 0
        for loop in self.loops {
            count += (try? await loop.eventLoop.submit { loop.current?.connections.count ?? 0 }.get()) ?? 0
        }
        return count
    }

    /// Goes through the connections in the order of their places.
    ///
    /// - Parameters:
    ///   - place: where to begin, behind it; nil for the first.
    ///   - body: is handed those that are asked for, some at a time, and says whether it wants more.
    /// - Throws: what `body` throws, or that the relay has stopped.
    func each(
        after place: ConnectionPlace?,
        _ filter: Filter,
        _ body: ([ConnectionSight]) async throws -> Bool
    ) async throws {
        for index in self.loops.indices where index >= place?.loop ?? 0 {
            let first = index == place?.loop ? place?.number ?? 0 : 0
            let names = try await self.names(on: index).filter { $0.number > first }.sorted { $0.number < $1.number }
            var rest = names[...]
            while !rest.isEmpty {
                let portion = Array(rest.prefix(Self.sightsAtOnce))
                rest = rest.dropFirst(portion.count)
                let sights = try await self.sights(of: portion, on: index).filter(filter.takes)
                guard try await body(sights) else { return }
            }
        }
    }

    /// Ends a connection.
    ///
    /// - Parameter reason: for its client.
    /// - Returns: whether there was such a connection.
    func end(_ place: ConnectionPlace, _ reason: String) async throws -> Bool {
        guard self.loops.indices.contains(place.loop) else { return false }
        guard let name = try await self.names(on: place.loop).first(where: { $0.number == place.number }) else {
            return false
        }
        let loop = self.loops[place.loop]
        return try await loop.eventLoop.submit {
            loop.current?.connections.end(name, byAdministrator: reason) ?? false
        }.get()
    }

    private func names(on index: Int) async throws -> [ConnectionName] {
        let loop = self.loops[index]
        var names: [ConnectionName] = []
        var end = Int.max
        while end > 0 {
            let below = end
            let portion = try await loop.eventLoop.submit {
                loop.current?.connections.names(below: below, most: Self.namesAtOnce) ?? (names: [], end: 0)
            }.get()
            names += portion.names
            end = portion.end
        }
        return names
    }

    private func sights(of names: [ConnectionName], on index: Int) async throws -> [ConnectionSight] {
        let loop = self.loops[index]
        return try await loop.eventLoop.submit {
            loop.current?.connections.sights(of: names, loop: index, at: .now()) ?? []
        }.get()
    }
}
