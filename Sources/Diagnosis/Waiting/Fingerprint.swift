package import SocketTable

/// A hash that is equal for the same sockets in the same states, in any order and whatever time their timers have left.
package struct Fingerprint: Hashable, Sendable {
  private var count = 0
  private var sum = 0

  package init() {}

  package init(_ records: some Sequence<SocketRecord>) {
    for record in records { add(record) }
  }

  mutating func add(_ record: SocketRecord) {
    count += 1
    sum &+= record.identity.hashValue
  }
}
