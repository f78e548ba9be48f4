import RelayWire

/// Why a signed request is refused.
struct TURNRefusal: Error, Hashable {
    let code: STUNErrorCode
    /// With a 420: the types that were not understood.
    let notUnderstood: [UInt16]

    init(_ code: STUNErrorCode, notUnderstood types: [UInt16] = []) {
        self.code = code
        self.notUnderstood = types
    }

    static func onBadRequest<Value>(_ read: () throws(STUNError) -> Value) throws(TURNRefusal) -> Value {
        do {
            return try read()
        } catch {
            throw TURNRefusal(.badRequest)
        }
    }
}
