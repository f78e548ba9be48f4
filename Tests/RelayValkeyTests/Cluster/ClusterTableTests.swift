import NIOCore
import Testing

@testable import RelayValkey

struct ClusterTableTests {
    private final class Node {
        let address: ValkeyAddress

        init(_ address: ValkeyAddress) {
            self.address = address
        }
    }

    private let a = ValkeyAddress(host: "a", port: 1)
    private let b = ValkeyAddress(host: "b", port: 1)
    private let c = ValkeyAddress(host: "c", port: 1)

    @Test("Nodes come and go with the map, and those that stay are the same")
    func nodes() throws {
        var table = ClusterTable<Node>()
        #expect(table.adopt(try self.map([self.a, self.b]), make: Node.init).added.map(\.address) == [self.a, self.b])
        let stays = table.node(at: self.b)
        let change = table.adopt(try self.map([self.b, self.c]), make: Node.init)
        #expect(change.added.map(\.address) == [self.c])
        #expect(change.vanished.map(\.address) == [self.a])
        #expect(change.isNews)
        #expect(table.node(at: self.b) === stays)
        #expect(table.node(of: 0) === stays)
        #expect(table.node(of: 16_383)?.address == self.c)
    }

    @Test("The same map again changes nothing, whatever its masters' order")
    func same() throws {
        var table = ClusterTable<Node>()
        _ = table.adopt(try self.map([self.a, self.b]), make: Node.init)
        let reply: ValkeyReply = .array([.range(8_192, 16_383, .node("b", 1)), .range(0, 8_191, .node("a", 1))])
        let change = table.adopt(try #require(SlotMap(reply, from: self.a)), make: Node.init)
        #expect(!change.isNews && change.added.isEmpty && change.vanished.isEmpty)
        #expect(table.node(of: 0)?.address == self.a)
        #expect(table.node(of: 16_383)?.address == self.b)
    }

    @Test("A guest becomes a master when a slot is its, and leaves with the next map where none is")
    func guests() throws {
        var table = ClusterTable<Node>()
        _ = table.adopt(try self.map([self.a]), make: Node.init)
        #expect(table.admit(self.b, make: Node.init).added.map(\.address) == [self.b])
        #expect(table.admit(self.b, make: Node.init).added.isEmpty)
        #expect(table.admit(self.c, make: Node.init).added.map(\.address) == [self.c])
        let guest = table.node(at: self.b)
        let moved = table.move(7, to: self.b, make: Node.init)
        #expect(moved.isNews && moved.added.isEmpty)
        #expect(table.node(of: 7) === guest)
        #expect(table.adopt(try self.map([self.a, self.b]), make: Node.init).vanished.map(\.address) == [self.c])
    }

    @Test("When closed it has nothing, and takes nothing")
    func closed() throws {
        var table = ClusterTable<Node>()
        _ = table.adopt(try self.map([self.a]), make: Node.init)
        _ = table.admit(self.b, make: Node.init)
        #expect(Set(table.close().map(\.address)) == [self.a, self.b])
        #expect(table.adopt(try self.map([self.a]), make: Node.init).added.isEmpty)
        #expect(table.move(1, to: self.c, make: Node.init).added.isEmpty)
        #expect(table.admit(self.c, make: Node.init).added.isEmpty)
        #expect(table.node(of: 1) == nil)
    }

    /// All slots, dealt evenly.
    private func map(_ masters: [ValkeyAddress]) throws -> SlotMap {
        let ranges = masters.enumerated().map { index, master in
            let first = index * HashSlot.count / masters.count
            let end = (index + 1) * HashSlot.count / masters.count
            return ValkeyReply.range(Int64(first), Int64(end - 1), .node(master.host, Int64(master.port)))
        }
        return try #require(SlotMap(.array(ranges), from: self.a))
    }
}
