/// What an Item says of its place, its texts as places in the bytes.
struct ItemHead {
    enum Parent {
        case root(Range<Int>)
        case item(StructID)
    }

    var leftOrigin: StructID?
    var rightOrigin: StructID?
    /// Only where there are no origins, as the key.
    var parent: Parent?
    var key: Range<Int>?
}

extension Span<UInt8> {
    /// Reads the head of an Item that was checked.
    func itemHead(_ entry: StructEntry) throws(DocumentError) -> ItemHead {
        var offset = Int(entry.offset) + 1
        var head = ItemHead()
        if entry.info & StructInfo.leftOrigin != 0 { head.leftOrigin = try self.id(at: &offset) }
        if entry.info & StructInfo.rightOrigin != 0 { head.rightOrigin = try self.id(at: &offset) }
        if head.leftOrigin == nil, head.rightOrigin == nil {
            if try self.uint(at: &offset) == 1 {
                head.parent = .root(try self.block(at: &offset))
            } else {
                head.parent = .item(try self.id(at: &offset))
            }
            if entry.info & StructInfo.key != 0 { head.key = try self.block(at: &offset) }
        }
        return head
    }
}
