import Glibc

extension String {
    /// Whether its UTF-8 bytes come before those of `other`.
    func precedesInBytes(_ other: String) -> Bool {
        // Lists of tens of thousands of names are put in order by this. Texts that lie in one piece are compared by the C library.
        let order = unsafe self.utf8.withContiguousStorageIfAvailable { left in
            unsafe other.utf8.withContiguousStorageIfAvailable { right in unsafe Self.order(left, right) }
        }
        return order.flatMap(\.self).map { $0 < 0 } ?? self.utf8.lexicographicallyPrecedes(other.utf8)
    }

    /// - Returns: below 0 where `left` comes first, 0 where they are the same.
    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        guard let first = left.baseAddress, let second = right.baseAddress else { return left.count - right.count }
        let order = unsafe memcmp(first, second, Swift.min(left.count, right.count))
        return order == 0 ? left.count - right.count : Int(order)
    }
}

extension Sequence {
    /// A page of a list in the order of texts' bytes, without putting all of it in order.
    ///
    /// - Parameters:
    ///   - limit: how many at most; none for 0 or less.
    ///   - start: those up to and including this text are left out.
    ///   - text: what an element is ordered by.
    func firstInBytes(_ limit: Int, after start: String?, by text: (Element) -> String) -> [Element] {
        guard limit > 0 else { return [] }
        let texts = self.map { (text: text($0), element: $0) }.filter { start?.precedesInBytes($0.text) ?? true }
        guard texts.count > limit else {
            return texts.sorted { $0.text.precedesInBytes($1.text) }.map { $0.element }
        }
        var page: [(text: String, element: Element)] = []
        for candidate in texts {
            if page.count == limit {
                guard candidate.text.precedesInBytes(page[limit - 1].text) else { continue }
                page.removeLast()
            }
            var (low, high) = (0, page.count)
            while low < high {
                let middle = (low + high) / 2
                if page[middle].text.precedesInBytes(candidate.text) { low = middle + 1 } else { high = middle }
            }
            page.insert(candidate, at: low)
        }
        return page.map { $0.element }
    }
}
