/// The tags of lib0's `any`.
enum ValueTag {
    static let undefined: UInt8 = 127
    static let null: UInt8 = 126
    static let integer: UInt8 = 125
    static let float: UInt8 = 124
    static let double: UInt8 = 123
    static let bigInteger: UInt8 = 122
    static let no: UInt8 = 121
    static let yes: UInt8 = 120
    static let text: UInt8 = 119
    static let object: UInt8 = 118
    static let array: UInt8 = 117
    static let bytes: UInt8 = 116
}

extension Span<UInt8> {
    /// Passes over one value of any type, and checks it.
    func skipValue(at offset: inout Int, depth: Int = 0) throws(DocumentError) {
        let tag = try self.byte(at: &offset)
        switch tag {
        case ValueTag.undefined, ValueTag.null, ValueTag.no, ValueTag.yes: return
        case ValueTag.integer: _ = try self.int(at: &offset)
        case ValueTag.float: try self.skip(4, at: &offset)
        case ValueTag.double, ValueTag.bigInteger: try self.skip(8, at: &offset)
        case ValueTag.text: _ = try self.text(at: &offset)
        case ValueTag.bytes: _ = try self.block(at: &offset)
        case ValueTag.object, ValueTag.array:
            try self.skipElements(hasKeys: tag == ValueTag.object, at: &offset, depth: depth + 1)
        default: throw .unknownValue(tag: tag)
        }
    }

    private func skipElements(hasKeys: Bool, at offset: inout Int, depth: Int) throws(DocumentError) {
        guard depth <= DocumentLimits.maxNesting else { throw .nestingTooDeep }
        for _ in 0..<(try self.count(of: hasKeys ? 2 : 1, at: &offset)) {
            if hasKeys { _ = try self.text(at: &offset) }
            try self.skipValue(at: &offset, depth: depth)
        }
    }
}
