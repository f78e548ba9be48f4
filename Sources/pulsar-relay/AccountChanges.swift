import RelayClient

/// What is to change of a user at a relay. A name of its own, since the relay's own parts have a type of that name too.
typealias AccountChanges = UserChanges
