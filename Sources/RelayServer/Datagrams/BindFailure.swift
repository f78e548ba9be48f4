/// An address of the port for STUN that can't be had.
struct BindFailure: Error {
    let host: String
    let port: Int
    /// What the system says.
    let cause: any Error
}
