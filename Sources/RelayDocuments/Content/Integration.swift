/// Puts items into their lists, each after what it needs, where Yjs would put it.
struct Integration {
    private var graph: ContentGraph
    /// Of each client: whether its next item needs what will not come.
    private var isBlocked: [Bool]
    /// Whether it is among those that wait for each other just now.
    private var isWaiting: [Bool]
    private var waiting: [Int] = []

    /// For each item the last search for a place that came by, and the last group of rivals that it was in.
    private var passed: [UInt32]
    private var rivals: [UInt32]
    private var search: UInt32 = 0
    private var group: UInt32 = 0
    private var steps = 0
    private let maxSteps: Int

    init(_ graph: consuming ContentGraph, maxSteps: Int) {
        graph.next = Array(graph.starts.dropLast())
        self.isBlocked = Array(repeating: false, count: graph.clients.count)
        self.isWaiting = self.isBlocked
        self.passed = Array(repeating: 0, count: graph.items.count)
        self.rivals = self.passed
        self.maxSteps = min(maxSteps, Int(Int32.max))
        self.graph = graph
    }

    consuming func finish() -> ContentGraph { self.graph }

    // MARK: Order

    mutating func run() throws(DocumentError) {
        for row in self.graph.clients.indices {
            self.wait(row)
            while let last = self.waiting.last { try self.advance(last) }
        }
    }

    /// Takes one step with the client that others, or nobody, wait for.
    private mutating func advance(_ row: Int) throws(DocumentError) {
        let item = self.graph.next[row]
        guard !self.isBlocked[row], item < self.graph.starts[row + 1] else { return self.stopWaiting() }
        guard !self.isBehindHole(item), !self.graph.items[item].isOrphan else { return self.block() }
        if let needed = self.need(of: item) {
            guard !self.isBlocked[needed], !self.isWaiting[needed] else { return self.block() }
            return self.wait(needed)
        }
        try self.integrate(item)
        self.graph.items[item].isIntegrated = true
        self.graph.next[row] += 1
        // Whoever waits looks again, each time.
        if self.waiting.count > 1 { self.stopWaiting() }
    }

    private func isBehindHole(_ item: Int) -> Bool {
        let row = Int(self.graph.items[item].row)
        let end = item == self.graph.starts[row] ? 0 : self.graph.items[item - 1].end
        return self.graph.items[item].clock != end
    }

    /// The client whose work has to come first.
    private func need(of item: Int) -> Int? {
        let (origin, right) = (Int(self.graph.items[item].origin), Int(self.graph.items[item].rightOrigin))
        for place in [origin, right, Int(self.graph.items[item].holder)] where place >= 0 {
            if !self.graph.items[place].isIntegrated { return Int(self.graph.items[place].row) }
        }
        return nil
    }

    private mutating func wait(_ row: Int) {
        self.waiting.append(row)
        self.isWaiting[row] = true
    }

    private mutating func stopWaiting() {
        if let row = self.waiting.popLast() { self.isWaiting[row] = false }
    }

    /// All that wait for each other wait for ever.
    private mutating func block() {
        while let row = self.waiting.last {
            self.isBlocked[row] = true
            self.stopWaiting()
        }
    }

    // MARK: Places

    private mutating func integrate(_ item: Int) throws(DocumentError) {
        guard !self.graph.items[item].isForgotten, self.findParent(of: item) else {
            self.graph.items[item].isForgotten = true
            return
        }
        let left = self.isContested(item) ? try self.leftNeighbour(of: item) : Int(self.graph.items[item].origin)
        self.insert(item, after: left)
    }

    /// Finds the type that the item lies in, from its neighbours if it does not say so.
    ///
    /// - Returns: whether there is one. What lay in forgotten ones is forgotten.
    private mutating func findParent(of item: Int) -> Bool {
        let (left, right) = (Int(self.graph.items[item].origin), Int(self.graph.items[item].rightOrigin))
        guard left < 0 || !self.graph.items[left].isForgotten else { return false }
        guard right < 0 || !self.graph.items[right].isForgotten else { return false }
        if left >= 0 || right >= 0 {
            let neighbour = self.graph.items[right >= 0 ? right : left]
            self.graph.items[item].parent = neighbour.parent
            self.graph.items[item].entry = neighbour.entry
            return true
        }
        let holder = Int(self.graph.items[item].holder)
        if holder >= 0 { self.graph.items[item].parent = self.graph.items[holder].type }
        let (parent, key) = (self.graph.items[item].parent, self.graph.items[item].entry)
        guard parent >= 0 else { return false }
        // Until now the entry was only a key.
        if key >= 0 { self.graph.items[item].entry = self.graph.entry(type: parent, key: key) }
        return true
    }

    /// Whether something lies where the item was written.
    private func isContested(_ item: Int) -> Bool {
        let (left, right) = (Int(self.graph.items[item].origin), Int(self.graph.items[item].rightOrigin))
        guard left < 0 else { return Int(self.graph.items[left].right) != right }
        return right < 0 || self.graph.items[right].left >= 0
    }

    private func start(ofListOf item: Int) -> Int {
        let (parent, entry) = (Int(self.graph.items[item].parent), Int(self.graph.items[item].entry))
        return Int(entry >= 0 ? self.graph.entries[entry].start : self.graph.types[parent].start)
    }

    /// Resolves conflicts as Yjs does: of what was written between the same neighbours, the lower client's comes first, and what was
    /// written behind it stays with it.
    private mutating func leftNeighbour(of item: Int) throws(DocumentError) -> Int {
        let (origin, right) = (Int(self.graph.items[item].origin), Int(self.graph.items[item].rightOrigin))
        var left = origin
        var other = origin >= 0 ? Int(self.graph.items[origin].right) : self.start(ofListOf: item)
        self.search += 1
        self.group += 1
        while other >= 0, other != right {
            self.steps += 1
            guard self.steps <= self.maxSteps else { throw .tooLarge }
            self.passed[other] = self.search
            self.rivals[other] = self.group
            let otherOrigin = Int(self.graph.items[other].origin)
            if otherOrigin == origin {
                // Rows fall as ids rise.
                if self.graph.items[other].row > self.graph.items[item].row {
                    left = other
                    self.group += 1
                } else if Int(self.graph.items[other].rightOrigin) == right {
                    break
                }
            } else if otherOrigin >= 0, self.passed[otherOrigin] == self.search {
                if self.rivals[otherOrigin] != self.group {
                    left = other
                    self.group += 1
                }
            } else {
                break
            }
            other = Int(self.graph.items[other].right)
        }
        return left
    }

    private mutating func insert(_ item: Int, after left: Int) {
        let (parent, entry) = (Int(self.graph.items[item].parent), Int(self.graph.items[item].entry))
        let right: Int
        if left >= 0 {
            right = Int(self.graph.items[left].right)
            self.graph.items[left].right = Int32(item)
        } else {
            right = self.start(ofListOf: item)
            if entry >= 0 {
                self.graph.entries[entry].start = Int32(item)
            } else {
                self.graph.types[parent].start = Int32(item)
            }
        }
        self.graph.items[item].left = Int32(left)
        self.graph.items[item].right = Int32(right)
        if right >= 0 {
            self.graph.items[right].left = Int32(item)
            if entry >= 0 { self.graph.items[item].isDeleted = true }
        } else if entry >= 0 {
            self.graph.entries[entry].last = Int32(item)
            if left >= 0 { self.graph.items[left].isDeleted = true }
        }
        if self.graph.items[item].kind == StructInfo.type { self.addType(of: item) }
    }

    private mutating func addType(of item: Int) {
        var offset = Int(self.graph.items[item].offset)
        let number = (try? self.graph.bytes.span.uint(at: &offset)) ?? SharedKind.other.rawValue
        let kind = number <= SharedKind.xmlText.rawValue ? SharedKind(rawValue: number) ?? .other : .other
        self.graph.items[item].type = Int32(self.graph.types.count)
        self.graph.types.append(ContentType(item: Int32(item), name: [], kind: kind))
    }
}
