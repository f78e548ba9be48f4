/// Runs comparisons: starts the servers, takes rounds in turns, stops the servers.
struct Bench: Sendable {
    private struct Entrant<Key: Hashable & Sendable>: Sendable {
        let key: Key
        let server: Server
        let rig: any Rig
    }

    let client: LoadClient
    let launcher: Launcher
    let sizes: Sizes
    /// Rounds of each comparison; an odd number has a true median.
    let rounds: Int

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

    private func setUp<Key>(_ contenders: [Contender<Key>], into measured: inout Measured<Key>) async -> [Entrant<Key>]
    {
        var entrants: [Entrant<Key>] = []
        for contender in contenders {
            do {
                let server = try await self.launcher.launch(contender.kind, storage: contender.storage)
                do {
                    let rig = try await contender.rig(server)
                    entrants.append(Entrant(key: contender.key, server: server, rig: rig))
                } catch {
                    await server.stop()
                    throw error
                }
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
            measured.add(error, of: entrant.server.kind)
            return false
        }
    }

    private static func tearDown<Key>(_ entrant: Entrant<Key>) async {
        await entrant.rig.tearDown()
        await entrant.server.stop()
    }
}
