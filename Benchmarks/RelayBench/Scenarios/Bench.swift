/// Runs comparisons: starts the servers, takes rounds in turns, stops the servers.
struct Bench: Sendable {
    private struct Entrant<Key: Hashable & Sendable>: Sendable {
        let key: Key
        let kind: ServerKind
        let rig: any Rig
        /// Nil where somebody else stops it.
        let server: Server?
    }

    var client: LoadClient
    let launcher: Launcher
    let sizes: Sizes
    /// Rounds of each comparison; an odd number has a true median.
    let rounds: Int

    /// The same with connections over TLS.
    func overTLS() throws -> Bench {
        var bench = self
        bench.client = try self.client.overTLS()
        return bench
    }

    /// Measures the contenders in turns (A B A B ...), so that a change in the machine's load meets all of them.
    ///
    /// A contender that can't be started, or fails, is left out; ``Measured/remarks`` says why.
    ///
    /// - Parameter rounds: nil for the benchmark's own number.
    func compare<Key>(_ contenders: [Contender<Key>], rounds: Int? = nil) async -> Measured<Key> {
        var measured = Measured<Key>()
        var entrants = await self.setUp(contenders, into: &measured)
        for _ in 0..<(rounds ?? self.rounds) {
            var standing: [Entrant<Key>] = []
            for entrant in entrants {
                if await self.measure(entrant, into: &measured) {
                    standing.append(entrant)
                } else {
                    await Self.tearDown(entrant)
                }
            }
            entrants = standing
        }
        for entrant in entrants {
            await Self.tearDown(entrant)
        }
        return measured
    }

    /// A comparison of what works on one Valkey or Redis server, which is started for it and stopped after it.
    ///
    /// Where none is installed, there are no figures; ``Measured/remarks`` says so.
    ///
    /// - Parameter rounds: nil for the benchmark's own number.
    func compare<Key>(rounds: Int? = nil, _ contenders: (SharedStorage) -> [Contender<Key>]) async -> Measured<Key> {
        do {
            let storage = try await self.launcher.launchValkey()
            let measured = await self.compare(contenders(storage), rounds: rounds)
            await storage.stop()
            return measured
        } catch {
            var measured = Measured<Key>()
            measured.add(error, of: .valkey)
            return measured
        }
    }

    private func setUp<Key>(_ contenders: [Contender<Key>], into measured: inout Measured<Key>) async -> [Entrant<Key>]
    {
        var entrants: [Entrant<Key>] = []
        for contender in contenders {
            do {
                let (rig, server) = try await contender.setUp(self.launcher)
                entrants.append(Entrant(key: contender.key, kind: contender.kind, rig: rig, server: server))
            } catch {
                measured.add(error, of: contender.kind)
            }
        }
        return entrants
    }

    /// - Returns: whether the contender stays in the comparison.
    private func measure<Key>(_ entrant: Entrant<Key>, into measured: inout Measured<Key>) async -> Bool {
        do {
            measured.add(try await entrant.rig.measure(), for: entrant.key)
            return true
        } catch {
            measured.drop(entrant.key)
            measured.add(error, of: entrant.kind)
            return false
        }
    }

    private static func tearDown<Key>(_ entrant: Entrant<Key>) async {
        await entrant.rig.tearDown()
        await entrant.server?.stop()
    }
}
