/// Compares two states of a document, type by type, and writes what makes the current one show what the earlier one showed.
///
/// Both are cut at the same places, so that an item of the one is as long as the item of the other with the same id.
struct Restoration {
    private let earlier: ContentGraph
    private let current: ContentGraph
    private(set) var edit: RestoringEdit
    private var work: [Work] = []
    /// How many items may still be looked at. Each is met once, unless its writer lied about where it lies.
    private var patience: Int

    /// A type of both states, or one of them.
    private struct Work {
        /// Places in the two graphs, -1 where it is not, or not shown.
        let earlier: Int32
        let current: Int32
        let parent: RestoringEdit.Place.Parent
    }

    init(earlier: ContentGraph, current: ContentGraph, edit: RestoringEdit) {
        self.earlier = earlier
        self.current = current
        self.edit = edit
        self.patience = 4 * (earlier.items.count + current.items.count)
    }

    mutating func run() throws(DocumentError) {
        for name in Set(self.earlier.roots.keys).union(self.current.roots.keys) {
            self.work.append(
                Work(
                    earlier: self.earlier.roots[name] ?? -1,
                    current: self.current.roots[name] ?? -1,
                    parent: .root(name)
                )
            )
        }
        while let next = self.work.popLast() {
            try self.deleteNews(next)
            try self.restoreList(next)
            try self.restoreEntries(next)
        }
    }

    private mutating func look() throws(DocumentError) {
        self.patience -= 1
        guard self.patience >= 0 else { throw .tooLarge }
    }

    // MARK: Lists

    /// Deletes what only the current list shows.
    private mutating func deleteNews(_ work: Work) throws(DocumentError) {
        guard work.current >= 0 else { return }
        var place = Int(self.current.types[Int(work.current)].start)
        while place >= 0 {
            try self.look()
            let item = self.current.items[place]
            if item.isVisible, self.earlier.place(of: self.current.id(place), shownIn: work.earlier) == nil {
                self.edit.delete(item, of: self.current.clients[Int(item.row)])
            }
            place = Int(item.right)
        }
    }

    /// Goes through the earlier list, and writes what the current one does not show behind what stands before it.
    private mutating func restoreList(_ work: Work) throws(DocumentError) {
        guard work.earlier >= 0 else { return }
        var spot = RestoringEdit.Place(parent: work.parent)
        // What of the current list was met last, and whether something was written behind it.
        var anchor = -1
        var isWriting = false
        var place = Int(self.earlier.types[Int(work.earlier)].start)
        while place >= 0 {
            try self.look()
            let item = self.earlier.items[place]
            defer { place = Int(item.right) }
            guard item.isVisible else { continue }
            let id = self.earlier.id(place)
            if let kept = self.current.place(of: id, shownIn: work.current) {
                anchor = kept
                isWriting = false
                self.descend(item, kept: self.current.items[kept])
                continue
            }
            if !isWriting {
                // Where it was deleted, best.
                anchor = self.current.place(of: id, in: work.current) ?? anchor
                spot.left = anchor < 0 ? nil : self.current.lastID(anchor)
                spot.right = self.current.neighbour(of: anchor, in: work.current)
                isWriting = true
            }
            spot.left = try self.rewrite(item, at: spot)
        }
    }

    // MARK: Entries

    private mutating func restoreEntries(_ work: Work) throws(DocumentError) {
        let then = work.earlier < 0 ? [] : self.earlier.visibleEntries(of: self.earlier.types[Int(work.earlier)])
        let now = work.current < 0 ? [] : self.current.visibleEntries(of: self.current.types[Int(work.current)])
        var kept: Set<[UInt8]> = []
        for (key, place) in then {
            try self.look()
            let last = work.current < 0 ? nil : self.current.lastValue(of: key, in: work.current)
            let item = self.earlier.items[place]
            if let last, self.current.items[last].isVisible, self.current.id(last) == self.earlier.id(place) {
                kept.insert(key)
                self.descend(item, kept: self.current.items[last])
                continue
            }
            var spot = RestoringEdit.Place(parent: work.parent)
            spot.left = last.map { self.current.lastID($0) }
            spot.key = key
            _ = try self.rewrite(item, at: spot)
        }
        for (key, place) in now where !kept.contains(key) {
            try self.look()
            let item = self.current.items[place]
            self.edit.delete(item, of: self.current.clients[Int(item.row)])
        }
    }

    // MARK: Items

    /// A type that both show is looked into later.
    private mutating func descend(_ item: ContentItem, kept: ContentItem) {
        guard item.type >= 0, kept.type >= 0 else { return }
        let id = StructID(client: self.current.clients[Int(kept.row)], clock: kept.clock)
        self.work.append(Work(earlier: item.type, current: kept.type, parent: .item(id)))
    }

    /// Writes an item again; what lies in it is written later.
    ///
    /// - Returns: the last id of what was written.
    private mutating func rewrite(_ item: ContentItem, at spot: RestoringEdit.Place) throws(DocumentError) -> StructID {
        let bytes = self.earlier.bytes
        let id = try self.edit.write(item, from: bytes.span, at: spot)
        if item.type >= 0 { self.work.append(Work(earlier: item.type, current: -1, parent: .item(id))) }
        return StructID(client: id.client, clock: id.clock + item.length - 1)
    }
}

extension ContentGraph {
    /// The item that begins with an id, if it lies in a type's list, deleted or not.
    fileprivate func place(of id: StructID, in type: Int32) -> Int? {
        guard type >= 0, let place = self.item(id) else { return nil }
        let item = self.items[place]
        guard item.isIntegrated, !item.isForgotten, item.parent == type, item.entry < 0, item.clock == id.clock else {
            return nil
        }
        return place
    }

    /// The same, if it is shown there.
    fileprivate func place(of id: StructID, shownIn type: Int32) -> Int? {
        self.place(of: id, in: type).flatMap { self.items[$0].isVisible ? $0 : nil }
    }

    fileprivate func lastID(_ place: Int) -> StructID {
        StructID(client: self.clients[Int(self.items[place].row)], clock: self.items[place].end - 1)
    }

    /// What stands right of a place, or first in the list.
    fileprivate func neighbour(of place: Int, in type: Int32) -> StructID? {
        guard type >= 0 else { return nil }
        let right = Int(place < 0 ? self.types[Int(type)].start : self.items[place].right)
        return right < 0 ? nil : self.id(right)
    }

    /// The last value that a key had, deleted or not.
    fileprivate func lastValue(of key: [UInt8], in type: Int32) -> Int? {
        guard let entry = self.entry(type: type, key: key) else { return nil }
        let last = Int(self.entries[Int(entry)].last)
        return last < 0 ? nil : last
    }
}
