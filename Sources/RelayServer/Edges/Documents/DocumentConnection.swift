/// What carries what is said about documents: a client's WebSocket, what stands for that, or a part of it. Called on its loop.
protocol DocumentConnection: AnyObject, Suspending {
    /// Whether the client takes what it is sent.
    var isWritable: Bool { get }

    func flush()

    /// Something has begun for which later messages do not wait, unless there is too much of it.
    func workBegan()
    func workEnded()
}
