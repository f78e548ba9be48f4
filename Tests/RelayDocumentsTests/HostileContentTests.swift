import DocumentModel
import RelayDocuments
import SeededRandom
import Testing

@Suite("Content of hostile documents", .timeLimit(.minutes(2)))
struct HostileContentTests {
    /// Structs of several clients, one section each.
    private struct Section {
        let client: UInt64
        var count: UInt64 = 0
        var body: [UInt8] = []

        mutating func add(_ bytes: [UInt8]) {
            self.count += 1
            self.body += bytes
        }
    }

    private static func uint(_ number: UInt64) -> [UInt8] {
        var rest = number
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    private static func update(_ sections: [Section]) throws -> Update {
        var bytes = self.uint(UInt64(sections.count))
        for section in sections.sorted(by: { $0.client > $1.client }) {
            bytes += self.uint(section.count)
            bytes += self.uint(section.client)
            bytes.append(0)
            bytes += section.body
        }
        return try Update(bytes + [0])
    }

    @Test("Types that lie 256 deep are shown, deeper ones refused, and neither takes the stack")
    func nesting() throws {
        func nested(_ depth: UInt64) throws -> DocumentContent {
            var section = Section(client: 1)
            section.add(hex("07 01 01 61 00"))
            for place in 1..<depth { section.add([0x07, 0, 1] + Self.uint(place - 1) + [0]) }
            return try DocumentContent(Self.update([section]))
        }
        #expect(try nested(256).json().count == 2 * 257 + 6)
        #expect(throws: DocumentError.nestingTooDeep) { try nested(257).json() }
        #expect(throws: DocumentError.nestingTooDeep) { try nested(100_000).json() }
    }

    @Test("Parents and origins in circles are left out, however long the circle")
    func circles() throws {
        let clients: UInt64 = 2000
        for kind: UInt8 in [0x84, 0x44, 0x07] {
            let sections = (1...clients).map { client in
                var section = Section(client: client)
                let origin = Self.uint(client % clients + 1) + [0]
                section.add(kind == 0x07 ? [kind, 0] + origin + [0] : [kind] + origin + [1, 0x61])
                return section
            }
            let content = try DocumentContent(Self.update(sections))
            #expect(content.leftOut.count == Int(clients))
            #expect(try content.json() == Array("{}".utf8))
        }
        // An item that is its own origin, or lies in itself.
        for own in ["84 01 00 01 61", "44 01 00 01 61", "07 00 01 00 00", "84 01 05 01 61"] {
            var section = Section(client: 1)
            section.add(hex(own))
            #expect(try DocumentContent(Self.update([section])).leftOut == [1: 0])
        }
    }

    @Test("A long chain of clients that need each other is followed without the stack")
    func chain() throws {
        let clients: UInt64 = 20_000
        let sections = (1...clients).map { client in
            var section = Section(client: client)
            section.add(client == 1 ? hex("04 01 01 74 01 61") : [0x84] + Self.uint(client - 1) + [0, 1, 0x61])
            return section
        }
        let content = try DocumentContent(Self.update(sections))
        #expect(content.leftOut.isEmpty)
        #expect(try content.text(of: "t").count == Int(clients))
    }

    @Test("Everybody writing at one place costs steps, which are bounded")
    func contested() throws {
        let clients: UInt64 = 3000
        let sections = (1...clients).map { client in
            var section = Section(client: client)
            section.add(hex("04 01 01 74 01 61"))
            return section
        }
        let update = try Self.update(sections)
        #expect(try DocumentContent(update).text(of: "t").count == Int(clients))
        var limits = ContentLimits()
        limits.maxSteps = 1000
        // Each wants to come before the one before: rivals that point behind each other.
        var first = Section(client: 1)
        var second = Section(client: 2)
        first.add(hex("04 01 01 74 01 78"))
        for place in 0..<UInt64(2000) {
            first.add([0xC4, 1, 0] + (place == 0 ? [1, 0] : Self.uint(1) + Self.uint(place)) + [1, 0x61])
            second.add([0x84, 1, 0, 1, 0x62])
        }
        let contested = try Self.update([first, second])
        #expect(throws: DocumentError.tooLarge) { try DocumentContent(contested, limits: limits) }
        limits = ContentLimits()
        limits.maxItems = 100
        #expect(throws: DocumentError.tooLarge) { try DocumentContent(contested, limits: limits) }
        limits = ContentLimits()
        limits.maxBytes = 100
        let small = try DocumentContent(update, limits: limits)
        #expect(throws: DocumentError.tooLarge) { try small.text(of: "t") }
        #expect(throws: DocumentError.tooLarge) { try small.json() }
    }

    @Test("Random structs, and flipped ones, are shown or refused", arguments: 1...60 as ClosedRange<UInt64>)
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var document = RandomDocument(seed: seed, structs: 60)
        let whole = document.whole()
        for round in 0..<60 {
            var bytes = round == 0 ? whole : document.part()
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0...7, using: &generator)
            }
            guard let update = try? Update(bytes) else { continue }
            let content = try DocumentContent(update)
            _ = content.roots
            _ = try content.json()
            for shape in [DocumentRoot.Shape.text, .array, .map, .xml] { _ = try content.json(of: "ro😀t", as: shape) }
        }
    }

    @Test("A text that is cut a hundred thousand times is shown whole")
    func cut() throws {
        var first = Section(client: 1)
        let length = 200_000
        first.add(hex("04 01 01 74") + Self.uint(UInt64(length)) + [UInt8](repeating: UInt8(ascii: "x"), count: length))
        var second = Section(client: 2)
        for place in 0..<UInt64(length / 2) {
            second.add([0xC4, 1] + Self.uint(place * 2) + [1] + Self.uint(place * 2 + 1) + [1, 0x79])
        }
        let content = try DocumentContent(Self.update([first, second]))
        #expect(String(decoding: try content.text(of: "t").prefix(9), as: UTF8.self) == "xyxxyxxyx")
        #expect(try content.text(of: "t").count == length + length / 2)
    }
}
