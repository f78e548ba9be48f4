/// The publishing calls once more, with results instead of throws, for callers that carry them across event loops.
extension Broker {
    /// Publishes one item; see ``publish(_:as:)``.
    public func publishOne(_ item: Item, as principal: Principal) async -> Result<Publication, BrokerError> {
        do throws(BrokerError) {
            return try await self.publish([item], as: principal)[0]
        } catch {
            return .failure(error)
        }
    }

    /// Publishes one item at most once; see ``publish(_:once:as:)``.
    public func publishOne(
        _ item: Item,
        once key: IdempotencyKey,
        as principal: Principal
    ) async -> Result<Outcome, BrokerError> {
        await self.publishAll([item], once: key, as: principal).map { $0[0] }
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
