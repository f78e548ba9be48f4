/// Who cuts datagrams of one size apart that were handed over together.
package enum DatagramCutting {
    case bySystem
    /// A call of the system for each.
    case here
}
