import RelayDocuments

/// What a client that takes nothing now is told once it does, whatever it asks meanwhile.
struct OwedReplies {
    var question = false
    var answer: StateVector?
    var presence = false
}
