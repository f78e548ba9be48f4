import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct SlotMapTests {
    private static let source = ValkeyAddress(host: "asked", port: 1)

    @Test("Each range names its master first, and replicas are not masters")
    func ranges() throws {
        let reply: ValkeyReply = .array([
            .range(0, 99, .node("a", 7_000), .node("r", 7_009)),
            .range(100, 16_383, .node("::1", 7_001)),
            .range(50, 50, .node("a", 7_000)),
        ])
        let map = try #require(SlotMap(reply, from: Self.source))
        #expect(map.masters == [ValkeyAddress(host: "a", port: 7_000), ValkeyAddress(host: "::1", port: 7_001)])
        #expect(map.owner(of: 99) == ValkeyAddress(host: "a", port: 7_000))
        #expect(map.owner(of: 100) == ValkeyAddress(host: "::1", port: 7_001))
        #expect(map.isComplete)
    }

    @Test("A node that doesn't know its address is the one that was asked", arguments: [ValkeyReply.null, .text("")])
    func ownAddress(_ host: ValkeyReply) throws {
        let reply: ValkeyReply = .array([.array([.integer(3), .integer(4), .array([host, .integer(7_000)])])])
        let map = try #require(SlotMap(reply, from: Self.source))
        #expect(map.owner(of: 3) == ValkeyAddress(host: "asked", port: 7_000))
        #expect(map.owner(of: 5) == nil)
        #expect(!map.isComplete)
    }

    @Test(
        "What can't be meant is refused",
        arguments: [
            .text("OK"), .array([.integer(1)]), .array([.array([.integer(1), .integer(2)])]),
            .array([.range(-1, 2, .node("a", 1))]), .array([.range(2, 1, .node("a", 1))]),
            .array([.range(0, 16_384, .node("a", 1))]), .array([.range(0, 1, .node("a", 0))]),
            .array([.range(0, 1, .node("a", 65_536))]),
            .array([.range(0, 1, .array([]))]),
            .array(Array(repeating: .range(0, 0, .node("a", 1)), count: 16_385)),
        ] as [ValkeyReply]
    )
    func refused(_ reply: ValkeyReply) {
        #expect(SlotMap(reply, from: Self.source) == nil)
    }

    @Test("A master whose name is not known yet is none")
    func unknownName() throws {
        let reply: ValkeyReply = .array([.range(0, 99, .node("?", 7_000)), .range(100, 16_383, .node("a", 7_001))])
        let map = try #require(SlotMap(reply, from: Self.source))
        #expect(map.masters == [ValkeyAddress(host: "a", port: 7_001)])
        #expect(map.owner(of: 99) == nil && map.owner(of: 100) != nil)
    }

    @Test("Slots that are moved one by one make the map that names them at once", arguments: 1...20)
    func moves(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let hosts = (0..<5).map { ValkeyAddress(host: "h\($0)", port: 7_000) }
        var owners: [Int: ValkeyAddress] = [:]
        var map = SlotMap()
        for _ in 0..<300 {
            let (slot, host) = (Int.random(in: 0..<HashSlot.count, using: &random), hosts.randomElement(using: &random))
            let address = try #require(host)
            let isNews = map.move(slot, to: address)
            #expect(isNews == (owners[slot] != address))
            owners[slot] = address
        }
        let ranges = owners.map { ValkeyReply.range(Int64($0), Int64($0), .node($1.host, Int64($1.port))) }
        let whole = try #require(SlotMap(.array(ranges), from: Self.source))
        #expect(map.differences(from: whole).isEmpty)
        let slot = try #require(owners.keys.min())
        let isNews = map.move(slot, to: ValkeyAddress(host: "new", port: 1))
        #expect(isNews)
        #expect(map.differences(from: whole) == [slot])
    }
}

extension ValkeyReply {
    static func text(_ text: String) -> ValkeyReply { .string(ByteBuffer(string: text)) }

    static func node(_ host: String, _ port: Int64) -> ValkeyReply {
        .array([.text(host), .integer(port), .text("id"), .array([])])
    }

    static func range(_ first: Int64, _ last: Int64, _ nodes: ValkeyReply...) -> ValkeyReply {
        .array([.integer(first), .integer(last)] + nodes)
    }
}
