/// Writes an update of version 1 from pieces.
struct UpdateWriter {
    /// What the pieces' entries point into.
    private let segments: [[UInt8]]
    private var output: [UInt8] = []
    /// How many clients are still to be written.
    private var sections: Int

    /// - Parameters:
    ///   - sections: how many clients are going to be written.
    ///   - reserving: about how many bytes will be written.
    init(segments: [[UInt8]], sections: Int, reserving: Int) {
        self.segments = segments
        self.sections = sections
        self.output.reserveCapacity(reserving)
        self.output.append(uint: UInt64(sections))
    }

    /// Writes a client's structs, with a Skip over each hole between them.
    ///
    /// - Parameter pieces: by clock, without overlap, at least one.
    mutating func write(client: UInt64, _ pieces: [Piece]) {
        guard let first = pieces.first else { preconditionFailure("a section without structs") }
        self.sections -= 1
        self.output.append(uint: Self.structCount(pieces))
        self.output.append(uint: client)
        self.output.append(uint: UInt64(first.clock))
        var writer = PieceWriter(client: client)
        var end = first.clock
        var index = 0
        while index < pieces.count {
            if pieces[index].clock > end {
                self.output.append(StructInfo.skip)
                self.output.append(uint: UInt64(pieces[index].clock - end))
            }
            let next = self.writeRun(pieces, at: index, with: &writer)
            end = pieces[next - 1].end
            index = next
        }
    }

    /// Writes a group of pieces that become one struct, or as many structs as lie one after another in one segment.
    ///
    /// - Returns: the first piece that was not written.
    private mutating func writeRun(_ pieces: [Piece], at start: Int, with writer: inout PieceWriter) -> Int {
        var next = start + 1
        if next < pieces.count, pieces[next].joinsPrevious {
            while next < pieces.count, pieces[next].joinsPrevious { next += 1 }
            writer.write(group: pieces[start..<next], from: self.segments, into: &self.output)
            return next
        }
        let first = pieces[start]
        let segment = self.segments[first.entry.segment]
        guard first.isVerbatim else {
            writer.write(first, from: segment.span, into: &self.output)
            return next
        }
        while next < pieces.count, pieces[next].continues(pieces[next - 1]) {
            // The leader of a group is written with its group.
            if next + 1 < pieces.count, pieces[next + 1].joinsPrevious { break }
            next += 1
        }
        self.output.append(segment.span, first.entry.bytes.lowerBound..<pieces[next - 1].entry.bytes.upperBound)
        return next
    }

    private static func structCount(_ pieces: [Piece]) -> UInt64 {
        var count: UInt64 = 0
        var end = pieces.first?.clock ?? 0
        for piece in pieces {
            if !piece.joinsPrevious { count += 1 }
            if piece.clock > end { count += 1 }
            end = piece.end
        }
        return count
    }

    /// Ends the update.
    ///
    /// - Parameter deletes: encoded.
    /// - Returns: all of it.
    consuming func finish(_ deletes: [UInt8]) -> [UInt8] {
        precondition(self.sections == 0, "not as many clients as were announced")
        self.output.append(contentsOf: deletes)
        return self.output
    }
}

extension Piece {
    /// Whether its bytes follow those of `other`, to be copied with them.
    fileprivate func continues(_ other: Piece) -> Bool {
        self.isVerbatim && !self.joinsPrevious && self.clock == other.end
            && self.entry.segment == other.entry.segment && self.entry.offset == other.entry.offset + other.entry.size
    }
}
