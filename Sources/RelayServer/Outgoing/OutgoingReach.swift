import NIOCore
import RelayWire

/// To which addresses a request may go. Whoever may choose them freely sees the network behind the relay.
enum OutgoingReach: Hashable, Sendable {
    /// All but private and reserved ones (see ``PeerPolicy/reserved``), and this machine's own.
    case publicAddresses
    /// All. For servers that the operator has named, and said to be in a private network.
    case everywhere

    /// - Parameter own: this machine's addresses. Asked only where they count.
    func allows(_ address: IPAddress, own: () -> Set<IPAddress>) -> Bool {
        switch self {
        case .everywhere: true
        // A mapped address is refused in its IPv4 form as well as by its range.
        case .publicAddresses:
            !PeerPolicy.isReserved(address) && !PeerPolicy.isReserved(address.unmapped)
                && !own().contains(address.unmapped)
        }
    }

    /// Of all network interfaces.
    static func machineAddresses() -> Set<IPAddress> {
        let devices = (try? System.enumerateDevices()) ?? []
        return Set(devices.compactMap { $0.address?.ipAddress.flatMap { IPAddress($0) } })
    }
}
