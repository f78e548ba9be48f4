import NIOCore

extension STUNMessage {
    /// The address in an attribute; nil where there is none.
    ///
    /// - Throws: `malformedAttribute` where the value is no address of a known family.
    public func address(_ type: STUNAttributeType) throws(STUNError) -> TransportAddress? {
        guard let place = self.place(of: type) else { return nil }
        guard let address = self.address(at: place, isXored: type.isXored) else { throw .malformedAttribute(type) }
        return address
    }

    /// All addresses in attributes of a type, as they came: CreatePermission has several (RFC 8656, 10.1).
    ///
    /// - Parameter limit: how many at most; the rest is not looked at.
    /// - Throws: as ``address(_:)`` does.
    public func addresses(_ type: STUNAttributeType, limit: Int) throws(STUNError) -> [TransportAddress] {
        var addresses: [TransportAddress] = []
        for place in self.places where place.type == type.rawValue && addresses.count < limit {
            guard let address = self.address(at: place, isXored: type.isXored) else { throw .malformedAttribute(type) }
            addresses.append(address)
        }
        return addresses
    }

    private func address(at place: STUNAttributePlace, isXored: Bool) -> TransportAddress? {
        let start = self.bytes.readerIndex + place.start
        guard place.size >= 4,
            let (_, number, port) = self.bytes.getMultipleIntegers(at: start, as: (UInt8, UInt8, UInt16).self)
        else { return nil }
        let plain: TransportAddress
        switch (STUNAddressFamily(rawValue: number), place.size) {
        case (.v4, 8):
            guard let address: UInt32 = self.bytes.getInteger(at: start + 4) else { return nil }
            plain = TransportAddress(.v4(address), port: port)
        case (.v6, 20):
            guard let (high, low) = self.bytes.getMultipleIntegers(at: start + 4, as: (UInt64, UInt64).self) else {
                return nil
            }
            plain = TransportAddress(.v6(high, low), port: port)
        case (.v4, _), (.v6, _), (nil, _):
            return nil
        }
        return isXored ? plain.xored(self.header.cookie, self.header.transaction) : plain
    }
}

extension TransportAddress {
    /// Mixed with cookie and transaction id, and so back again (RFC 8489, 14.2).
    func xored(_ cookie: UInt32, _ transaction: STUNTransaction) -> TransportAddress {
        let port = self.port ^ UInt16(truncatingIfNeeded: cookie >> 16)
        switch self.address {
        case .v4(let address):
            return TransportAddress(.v4(address ^ cookie), port: port)
        case .v6(let high, let low):
            let first = UInt64(cookie) << 32 | UInt64(transaction.high)
            return TransportAddress(.v6(high ^ first, low ^ transaction.low), port: port)
        }
    }
}
