import SeededRandom

/// A document of random structs, and updates that are parts of it: what any number of clients may have written, whether Yjs could
/// integrate it or not. The algebra does not look.
public struct RandomDocument {
    private struct Client {
        let id: UInt64
        var clock: UInt64 = 0
        /// Each with its first clock, its length, and its bytes.
        var structs: [(clock: UInt64, length: UInt64, bytes: [UInt8])] = []
    }

    private var clients: [Client]
    private var generator: SeededGenerator

    public init(seed: UInt64, structs: Int = 40) {
        self.generator = SeededGenerator(seed: seed)
        let ids: [UInt64] = [1, 2, 300, 1 << 32 - 1, 1 << 40 + 7, 1 << 53 - 1]
        let count = Int.random(in: 1...4, using: &self.generator)
        self.clients = ids.shuffled(using: &self.generator).prefix(count).map { Client(id: $0) }
        for _ in 0..<structs { self.grow() }
    }

    /// All of it in one update.
    public mutating func whole() -> [UInt8] {
        self.encode(sections: self.clients.map { ($0.id, $0.structs) }, deletes: [])
    }

    /// A random part: some structs of some clients, and random deletions.
    public mutating func part() -> [UInt8] {
        var sections: [(UInt64, [(clock: UInt64, length: UInt64, bytes: [UInt8])])] = []
        for client in self.clients where self.generator.chance(80) && !client.structs.isEmpty {
            let start = Int.random(in: 0..<client.structs.count, using: &self.generator)
            let end = Int.random(in: start...client.structs.count, using: &self.generator)
            let holes = self.generator.chance(50) ? 20 : 0
            let part = client.structs[start..<end].filter { _ in !self.generator.chance(holes) }
            if !part.isEmpty { sections.append((client.id, part)) }
        }
        let deletes = (0..<Int.random(in: 0...4, using: &self.generator)).map { _ in
            let client = self.clients.randomElement(using: &self.generator) ?? Client(id: 1)
            let clock = UInt64.random(in: 0...client.clock, using: &self.generator)
            return (client.id, clock, UInt64.random(in: 1...6, using: &self.generator))
        }
        return self.encode(sections: sections, deletes: deletes)
    }

    // MARK: Growing

    private mutating func grow() {
        let index = Int.random(in: 0..<self.clients.count, using: &self.generator)
        let client = self.clients[index]
        var bytes: [UInt8] = []
        let length = self.structure(of: client, into: &bytes)
        self.clients[index].structs.append((client.clock, length, bytes))
        self.clients[index].clock += length
    }

    private mutating func structure(of client: Client, into bytes: inout [UInt8]) -> UInt64 {
        if self.generator.chance(5) {
            bytes.append(0)
            let length = UInt64.random(in: 1...5, using: &self.generator)
            Self.append(length, to: &bytes)
            return length
        }
        let kind = self.generator.chance(60) ? 4 : UInt8.random(in: 1...9, using: &self.generator)
        var info = kind
        // Half of the structs continue the one before, as typing does.
        let continues = client.clock > 0 && self.generator.chance(60)
        if continues || self.generator.chance(30) { info |= 0x80 }
        if self.generator.chance(25) { info |= 0x40 }
        if self.generator.chance(20) { info |= 0x20 }
        bytes.append(info)
        if info & 0x80 != 0 {
            Self.append(continues ? client.id : self.anyClient(), to: &bytes)
            Self.append(continues ? client.clock - 1 : 3, to: &bytes)
        }
        if info & 0x40 != 0 {
            Self.append(1, to: &bytes)
            Self.append(UInt64.random(in: 0...1, using: &self.generator), to: &bytes)
        }
        if info & 0xC0 == 0 { self.appendParent(hasKey: info & 0x20 != 0, to: &bytes) }
        return self.appendContent(kind, to: &bytes)
    }

    private mutating func anyClient() -> UInt64 {
        self.clients.randomElement(using: &self.generator)?.id ?? 1
    }

    private mutating func appendParent(hasKey: Bool, to bytes: inout [UInt8]) {
        if self.generator.chance(50) {
            bytes.append(1)
            Self.append("ro😀t", to: &bytes)
        } else {
            bytes.append(0)
            Self.append(self.anyClient(), to: &bytes)
            Self.append(200, to: &bytes)
        }
        if hasKey { Self.append("key", to: &bytes) }
    }

    private mutating func appendContent(_ kind: UInt8, to bytes: inout [UInt8]) -> UInt64 {
        let count = UInt64.random(in: 1...5, using: &self.generator)
        switch kind {
        case 1: Self.append(count, to: &bytes)
        case 2:
            Self.append(count, to: &bytes)
            for _ in 0..<count { Self.append(self.one(of: ["1", "{\"a\": [null]}", "undefined"]), to: &bytes) }
        case 4:
            let text = (0..<count).map { _ in self.one(of: ["a", "bcdefghijklmn", "é", "日本", "\n"]) }.joined()
            Self.append(text, to: &bytes)
            return UInt64(text.utf16.count)
        case 8:
            Self.append(count, to: &bytes)
            for _ in 0..<count { bytes += self.one(of: Self.values) }
        default:
            bytes += self.one(of: Self.singles[kind] ?? [])
            return 1
        }
        return count
    }

    private mutating func one<Element>(of list: [Element]) -> Element {
        guard let one = list.randomElement(using: &self.generator) else {
            preconditionFailure("nothing to choose from")
        }
        return one
    }

    private static let values: [[UInt8]] = [
        [127], [126], [121], [120], [125, 0x45], [125, 0xFF, 0x03], [124, 0, 0, 0, 0], [123, 1, 2, 3, 4, 5, 6, 7, 8],
        [122, 0, 0, 0, 0, 0, 0, 0, 1], [119, 2, 0xC3, 0xA9], [118, 1, 1, 0x61, 117, 2, 126, 126], [116, 2, 255, 254],
    ]

    private static let singles: [UInt8: [[UInt8]]] = [
        3: [[2, 255, 0], [0]],
        5: [[2, 0x7B, 0x7D]],
        6: [[1, 0x62, 4, 0x74, 0x72, 0x75, 0x65]],
        7: [[0], [1], [2], [3, 1, 0x70], [4], [5, 1, 0x68], [6]],
        9: [[1, 0x67, 118, 0]],
    ]

    // MARK: Writing

    private mutating func encode(
        sections: [(UInt64, [(clock: UInt64, length: UInt64, bytes: [UInt8])])],
        deletes: [(UInt64, UInt64, UInt64)]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        let filled = sections.filter { !$0.1.isEmpty }.shuffled(using: &self.generator)
        Self.append(UInt64(filled.count), to: &bytes)
        for (client, structs) in filled { Self.append(client: client, structs, to: &bytes) }
        Self.append(UInt64(deletes.count), to: &bytes)
        for (client, clock, length) in deletes {
            for number in [client, 1, clock, length] { Self.append(number, to: &bytes) }
        }
        return bytes
    }

    private static func append(
        client: UInt64,
        _ structs: [(clock: UInt64, length: UInt64, bytes: [UInt8])],
        to bytes: inout [UInt8]
    ) {
        var body: [UInt8] = []
        var count: UInt64 = 0
        var end = structs.first?.clock ?? 0
        for one in structs {
            if one.clock > end {
                body.append(10)
                self.append(one.clock - end, to: &body)
                count += 1
            }
            body += one.bytes
            count += 1
            end = one.clock + one.length
        }
        for number in [count, client, structs.first?.clock ?? 0] { self.append(number, to: &bytes) }
        bytes += body
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        self.append(UInt64(text.utf8.count), to: &bytes)
        bytes += Array(text.utf8)
    }
}
