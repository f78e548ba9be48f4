import NIOCore

/// The slot map, and a node for each of its masters. Nodes come and go as the map says. A value; behind the cluster's lock.
///
/// Guests are nodes that somebody was told to ask, and that are no masters yet. They stay until the next map that is news.
struct ClusterTable<Node: AnyObject> {
    struct Change {
        var added: [Node] = []
        var vanished: [Node] = []
        /// Whether any slot has another master.
        var isNews = false
    }

    private static var maxGuests: Int { 16 }

    private(set) var map = SlotMap()
    /// Of the map's masters, in their order.
    private(set) var nodes: [Node] = []
    private var guests: [ValkeyAddress: Node] = [:]
    private(set) var isClosed = false

    func node(of slot: Int) -> Node? {
        self.map.index(of: slot).map { self.nodes[$0] }
    }

    func node(at address: ValkeyAddress) -> Node? {
        self.map.masters.firstIndex(of: address).map { self.nodes[$0] } ?? self.guests[address]
    }

    /// Lets in a node that is to be asked. There is room for a few.
    mutating func admit(_ address: ValkeyAddress, make: (ValkeyAddress) -> Node) -> Change {
        guard !self.isClosed, self.node(at: address) == nil, self.guests.count < Self.maxGuests else { return Change() }
        let node = make(address)
        self.guests[address] = node
        return Change(added: [node])
    }

    /// - Parameter make: makes a node that does nothing yet.
    mutating func adopt(_ map: SlotMap, make: (ValkeyAddress) -> Node) -> Change {
        guard !self.isClosed, map != self.map else { return Change() }
        var change = Change()
        change.isNews = !map.differences(from: self.map).isEmpty
        var left = self.guests.merging(zip(self.map.masters, self.nodes)) { _, node in node }
        self.guests = [:]
        self.nodes = map.masters.map { address in
            if let node = left.removeValue(forKey: address) { return node }
            let node = make(address)
            change.added.append(node)
            return node
        }
        self.map = map
        change.vanished = Array(left.values)
        return change
    }

    mutating func move(_ slot: Int, to address: ValkeyAddress, make: (ValkeyAddress) -> Node) -> Change {
        guard !self.isClosed, self.map.move(slot, to: address) else { return Change() }
        var change = Change(isNews: true)
        if self.nodes.count < self.map.masters.count {
            let guest = self.guests.removeValue(forKey: address)
            let node = guest ?? make(address)
            self.nodes.append(node)
            if guest == nil { change.added.append(node) }
        }
        return change
    }

    /// - Returns: the nodes, to be closed; nothing if it was closed.
    mutating func close() -> [Node] {
        let nodes = self.nodes + self.guests.values
        (self.map, self.nodes, self.guests, self.isClosed) = (SlotMap(), [], [:], true)
        return nodes
    }
}
