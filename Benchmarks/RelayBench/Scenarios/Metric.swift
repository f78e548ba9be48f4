/// What a round measures.
enum Metric: Sendable {
    /// Microseconds of the server's CPU time for one message.
    case cpuPerMessage
    /// Microseconds of CPU time for one message of the server on which the relay keeps it.
    case backendCPUPerMessage
    /// Microseconds of the server's CPU time for one delivery of a message to one reader.
    case cpuPerDelivery
    /// Microseconds of the server's CPU time for 1,048,576 bytes.
    case cpuPerMebibyte
    /// Microseconds of the server's CPU time for one connection that comes, subscribes and goes.
    case cpuPerConnection
    /// Milliseconds from the start of the program to its first answer.
    case startTime
    /// Acknowledged messages per second.
    case rate
    /// Bytes of the server's resident memory for one connection.
    case bytesEach
    /// Bytes of the server's resident memory.
    case resident
    /// Bytes by which the server's resident memory grew.
    case growth
    /// Microseconds from sending a message to its arrival at a reader, 99th percentile.
    case latency
    /// The same at the readers of another relay than the one that it was sent to.
    case farLatency
    /// Microseconds from a request to its answer, 99th percentile.
    case answerLatency
    /// The same of requests that something else goes on beside.
    case bystanderLatency
    /// Microseconds of a few bytes there and back, median.
    case tripTime
    /// Milliseconds until a client has a whole document.
    case joinTime
    /// The same where the server has to load the document first.
    case loadTime
    /// Bytes of that document as it was sent.
    case joinBytes
    /// How many bytes of memory it may take.
    case allowedBytes
    /// Milliseconds to merge two updates.
    case mergeTime
    /// Milliseconds to find what somebody lacks.
    case diffTime
    /// Bytes that one of many was told, as multiples of what all who are there take.
    case rosters
    /// Milliseconds until all know who is there.
    case agreementTime
    /// The rate of the slowest of many, in percent of their mean.
    case slowestShare
}
