import RelayDocuments
import SeededRandom

/// A large update of many clients and small structs, the same in every run: 1,000 people who write three letters at a time, each behind
/// their own last ones or behind somebody else's, and delete some.
struct LargeUpdate: Sendable {
    private static let clients = 1000
    private static let letters: UInt64 = 3

    let whole: [UInt8]
    /// What all of them have written first, and what they have written later, with what they have deleted: together the whole.
    let older: [UInt8]
    let newer: [UInt8]
    /// The state vector of somebody who has the older half.
    let known: [UInt8]

    /// - Parameter bytes: about how many the whole has.
    init(bytes: Int) {
        var numbers = SeededGenerator(seed: 9)
        // By falling id, as updates are written.
        let clients = (0..<Self.clients).map { _ in UInt64(UInt32.random(in: 1 ... .max, using: &numbers)) }
            .sorted(by: >)
        // What a struct takes on average, with its part of the deletions.
        let structs = max(2, bytes / Self.clients / 14)
        let half = structs / 2
        var (older, newer, whole) = (Sections(clients.count), Sections(clients.count), Sections(clients.count))
        for client in clients {
            let written = (0..<structs).map { index in
                Self.structure(index, of: client, among: clients, using: &numbers)
            }
            older.add(client, written[..<half], letters: Self.letters)
            newer.add(client, written[half...], letters: Self.letters)
            whole.add(client, written[...], letters: Self.letters)
        }
        let deletions = Self.deletions(clients, structs: structs, using: &numbers)
        self.older = older.bytes + [0]
        self.newer = newer.bytes + deletions
        self.whole = whole.bytes + deletions
        let clocks = clients.map { ($0, UInt32(half) * UInt32(Self.letters)) }
        self.known = StateVector(Dictionary(uniqueKeysWithValues: clocks)).encoded()
    }

    private static func structure(
        _ index: Int,
        of client: UInt64,
        among clients: [UInt64],
        using numbers: inout SeededGenerator
    ) -> [UInt8] {
        let letters: [UInt8] = (0..<Int(Self.letters)).map { _ in UInt8.random(in: 97...122, using: &numbers) }
        guard index > 0 else { return [0x04, 1, 1, UInt8(ascii: "t"), UInt8(Self.letters)] + letters }
        let isOwn = UInt8.random(in: 0..<4, using: &numbers) > 0
        // Of somebody else's earlier letters, so that there is an order in which all of them can be read.
        let other = isOwn ? client : clients[Int.random(in: clients.indices, using: &numbers)]
        let place = isOwn ? index - 1 : Int.random(in: 0..<index, using: &numbers)
        var bytes: [UInt8] = [isOwn ? 0x84 : 0xC4]
        bytes.append(uint: other)
        bytes.append(uint: UInt64(place) * Self.letters + Self.letters - 1)
        if !isOwn {
            bytes.append(uint: client)
            bytes.append(uint: UInt64(index - 1) * Self.letters)
        }
        bytes.append(UInt8(Self.letters))
        return bytes + letters
    }

    /// Every tenth struct or so of each client.
    private static func deletions(
        _ clients: [UInt64],
        structs: Int,
        using numbers: inout SeededGenerator
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(uint: UInt64(clients.count))
        for client in clients {
            let deleted = stride(from: Int.random(in: 0..<min(10, structs), using: &numbers), to: structs, by: 10)
            bytes.append(uint: client)
            bytes.append(uint: UInt64(Array(deleted).count))
            for place in deleted {
                bytes.append(uint: UInt64(place) * Self.letters)
                bytes.append(uint: Self.letters)
            }
        }
        return bytes
    }

    private struct Sections {
        var bytes: [UInt8] = []

        init(_ count: Int) {
            self.bytes.append(uint: UInt64(count))
        }

        mutating func add(_ client: UInt64, _ structs: ArraySlice<[UInt8]>, letters: UInt64) {
            self.bytes.append(uint: UInt64(structs.count))
            self.bytes.append(uint: client)
            self.bytes.append(uint: UInt64(structs.startIndex) * letters)
            for structure in structs { self.bytes += structure }
        }
    }
}
