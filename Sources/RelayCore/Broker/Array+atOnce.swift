extension Array where Element: Sendable {
    /// Transforms the elements, some of them at a time.
    ///
    /// - Parameter limit: how many at a time, at least 1.
    /// - Returns: the results, in the order of the elements.
    /// - Throws: for the first element in this order that fails, once all that was begun has ended. After a failure nothing is begun.
    func map<Value: Sendable, Failure: Error>(
        atOnce limit: Int,
        _ transform: @escaping @Sendable (Element) async throws(Failure) -> Value
    ) async throws(Failure) -> [Value] {
        let results = await withTaskGroup(of: (Int, Result<Value, Failure>).self) { group in
            var results: [Result<Value, Failure>?] = Array<Result<Value, Failure>?>(repeating: nil, count: self.count)
            var hasFailed = false
            func takeNext() async -> Bool {
                guard let (place, result) = await group.next() else { return false }
                if case .failure = result { hasFailed = true }
                results[place] = result
                return true
            }
            for (place, element) in self.enumerated() {
                if place >= limit { _ = await takeNext() }
                if hasFailed { break }
                group.addTask {
                    do throws(Failure) {
                        return (place, .success(try await transform(element)))
                    } catch {
                        return (place, .failure(error))
                    }
                }
            }
            while await takeNext() {}
            return results
        }
        // What was not begun comes after what failed.
        return try results.compactMap(\.self).map { (result) throws(Failure) in try result.get() }
    }
}
