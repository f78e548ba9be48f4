import RelayAccess

extension FederatedIdentity {
    /// One text for each identity, and for each identity another: where the issuer ends is said by its length in bytes.
    var indexText: String { "\(self.issuer.utf8.count):\(self.issuer)\(self.subject)" }
}
