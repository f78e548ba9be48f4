public import RelayAccess
public import RelayCore
import RelayValkey

extension ValkeyStore: SharedTokenSecrets {
    public func exchangeTokenSecret(fingerprint: String) async throws(StoreError) -> String? {
        let reply = try await self.send("SET", self.layout.tokenSecret, .init(fingerprint), "GET")
        return reply.isNull ? nil : reply.text
    }
}
