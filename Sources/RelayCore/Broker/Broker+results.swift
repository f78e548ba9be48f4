/// The publishing calls once more, with results instead of throws, for callers that carry them across event loops.
extension Broker {
    /// Publishes one item, at most once where a key is given.
    public func publishOne(_ item: Item, once key: IdempotencyKey?, as principal: Principal) async -> Outcome {
        switch await self.publishAll([item], once: key, as: principal) {
        case .success(let outcomes): outcomes[0]
        case .failure(let error): Outcome(key: item.key, result: .failure(error))
        }
    }

    /// Publishes items, at most once where a key is given.
    public func publishAll(
        _ items: [Item],
        once key: IdempotencyKey?,
        as principal: Principal
    ) async -> Result<[Outcome], BrokerError> {
        do throws(BrokerError) {
            if let key { return .success(try await self.publish(items, once: key, as: principal)) }
            let results = try await self.publish(items, as: principal)
            return .success(zip(items, results).map { Outcome(key: $0.key, result: $1) })
        } catch {
            return .failure(error)
        }
    }
}
