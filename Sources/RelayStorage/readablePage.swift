/// A page of records of which some may not be readable: as long as it can be, so that who asks for pages does not take it for the last.
///
/// - Parameter fetch: takes how many records to look at, and gives nil in the place of each that can't be read.
func readablePage<Value, Failure: Error>(
    _ limit: Int,
    _ fetch: (Int) async throws(Failure) -> [Value?]
) async throws(Failure) -> [Value] {
    var asked = max(0, limit)
    while true {
        let records = try await fetch(asked)
        let readable = records.compactMap { $0 }
        if readable.count >= limit || records.count < asked { return Array(readable.prefix(max(0, limit))) }
        asked += records.count - readable.count
    }
}
