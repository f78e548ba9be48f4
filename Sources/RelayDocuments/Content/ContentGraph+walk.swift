extension ContentGraph {
    /// Calls `body` with all that a type's list shows, in order.
    func forEachVisible(in type: ContentType, _ body: (ContentItem) -> Void) {
        var place = Int(type.start)
        while place >= 0 {
            let item = self.items[place]
            if item.isVisible { body(item) }
            place = Int(item.right)
        }
    }

    /// The values that a type's keys have now, by key.
    func visibleEntries(of type: ContentType) -> [(key: [UInt8], item: Int)] {
        var visible: [(key: [UInt8], item: Int)] = []
        var next = Int(type.firstEntry)
        while next >= 0 {
            let entry = self.entries[next]
            if entry.last >= 0, self.items[Int(entry.last)].isVisible {
                visible.append((self.keys[Int(entry.key)], Int(entry.last)))
            }
            next = Int(entry.next)
        }
        return visible.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}
