import NIOCore

/// Which master serves which slot, as far as is known. A value; its owner is the cluster.
struct SlotMap: Sendable, Equatable {
    private static let nobody = UInt16.max
    /// A cluster has no more ranges than slots.
    private static let maxRanges = HashSlot.count

    /// In the order in which they were first named. A master that ``move(_:to:)`` left without slots stays until the next map.
    private(set) var masters: [ValkeyAddress] = []
    /// For each slot the index of its master.
    private var owners = [UInt16](repeating: SlotMap.nobody, count: HashSlot.count)

    /// Knows nothing.
    init() {}

    /// Reads the reply to `CLUSTER SLOTS`: `[first, last, [host, port, ...], replicas...]` for each range.
    ///
    /// - Parameter source: who was asked. A node that doesn't know its own address gives none, and means itself.
    /// - Returns: nil for what can't be meant.
    init?(_ reply: ValkeyReply, from source: ValkeyAddress) {
        guard let ranges = reply.array, ranges.count <= Self.maxRanges else { return nil }
        var indices: [ValkeyAddress: UInt16] = [:]
        for range in ranges {
            guard let values = range.array, values.count >= 3,
                let first = values[0].integer, let last = values[1].integer,
                0 <= first, first <= last, last < Int64(HashSlot.count),
                let place = Place(values[2], source)
            else { return nil }
            guard case .known(let address) = place else { continue }
            let index = indices[address] ?? UInt16(self.masters.count)
            if indices.updateValue(index, forKey: address) == nil { self.masters.append(address) }
            for slot in Int(first)...Int(last) { self.owners[slot] = index }
        }
    }

    /// Whether every slot has a master.
    var isComplete: Bool { !self.owners.contains(Self.nobody) }

    /// - Parameter slot: from 0 to 16,383.
    /// - Returns: an index into ``masters``.
    func index(of slot: Int) -> Int? {
        let index = self.owners[slot]
        return index == Self.nobody ? nil : Int(index)
    }

    func owner(of slot: Int) -> ValkeyAddress? {
        self.index(of: slot).map { self.masters[$0] }
    }

    /// Takes note of one slot's new master.
    ///
    /// - Returns: whether that is news.
    mutating func move(_ slot: Int, to address: ValkeyAddress) -> Bool {
        guard self.owner(of: slot) != address else { return false }
        if let index = self.masters.firstIndex(of: address) {
            self.owners[slot] = UInt16(index)
            return true
        }
        // So many masters can't be: somebody makes them up.
        guard self.masters.count < HashSlot.count else { return false }
        self.owners[slot] = UInt16(self.masters.count)
        self.masters.append(address)
        return true
    }

    /// The slots that have another master there.
    func differences(from other: SlotMap) -> [Int] {
        (0..<HashSlot.count).filter { self.owner(of: $0) != other.owner(of: $0) }
    }
}

/// Where a server is, as another one tells it.
private enum Place {
    case known(ValkeyAddress)
    /// It goes by a name that has not got around yet.
    case unknown

    /// - Returns: nil for what can't be meant.
    init?(_ node: ValkeyReply, _ source: ValkeyAddress) {
        guard let values = node.array, values.count >= 2, let port = values[1].integer, (1...65_535).contains(port)
        else { return nil }
        switch values[0] {
        case .null: self = .known(ValkeyAddress(host: source.host, port: Int(port)))
        case let host:
            guard let text = host.text else { return nil }
            let address = ValkeyAddress(host: text.isEmpty ? source.host : text, port: Int(port))
            self = text == "?" ? .unknown : .known(address)
        }
    }
}
