import RelayCore

extension ValkeyStore {
    /// Makes calls next to each other, not one after the other.
    ///
    /// - Returns: their results, in order.
    func concurrently<Value: Sendable>(
        _ count: Int,
        _ call: (Int, @escaping @Sendable (Result<Value, StoreError>) -> Void) -> Void
    ) async -> [Result<Value, StoreError>] {
        let (results, sink) = AsyncStream.makeStream(of: (Int, Result<Value, StoreError>).self)
        for place in 0..<count { call(place) { sink.yield((place, $0)) } }
        var found = [Result<Value, StoreError>?](repeating: nil, count: count)
        var missing = count
        var iterator = results.makeAsyncIterator()
        while missing > 0, let (place, result) = await iterator.next() {
            found[place] = result
            missing -= 1
        }
        return found.map { $0 ?? .failure(.closed) }
    }
}
