/// Numbers different keys in the order in which they first appear. It stands in for a `Dictionary` where there can be a
/// hundred thousand keys: the standard library's hashing would take longer than everything else that is done with them.
package struct Numbering: Sendable {
  /// An address and a port, or an inode.
  private struct Key: Equatable {
    let high: UInt64
    let low: UInt64
    let rest: UInt32
  }

  private var keys: [Key] = []
  /// A number and 1, or 0 where there is none. The size is a power of two, and at least twice the capacity.
  private var slots: [Int32]
  private let capacity: Int
  private let shift: UInt64
  /// Differs in each process, so that nobody can choose keys that share a slot.
  private let factor = UInt64(truncatingIfNeeded: 0.hashValue) | 1

  package var count: Int { keys.count }

  /// - Parameter capacity: beyond it nothing is added.
  package init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < 2 * capacity { bits += 1 }
    shift = 64 - bits
    self.capacity = capacity
    slots = Array(repeating: 0, count: 1 << Int(bits))
    keys.reserveCapacity(capacity)
  }

  /// True if it is new.
  @discardableResult
  package mutating func add(_ endpoint: Endpoint) -> Bool {
    let isIPv6: UInt32 = endpoint.address.family == .ipv6 ? 1 << 16 : 0
    return add(
      Key(high: endpoint.address.high, low: endpoint.address.low, rest: UInt32(endpoint.port) | isIPv6))
  }

  @discardableResult
  package mutating func add(inode: UInt32) -> Bool { add(Key(high: 0, low: 0, rest: inode)) }

  /// Nil for one that was not added.
  package func number(ofInode inode: UInt32) -> Int? {
    let found = slots[slot(of: Key(high: 0, low: 0, rest: inode))]
    return found == 0 ? nil : Int(found) - 1
  }

  /// The slot that has the key, or in which it belongs.
  private func slot(of key: Key) -> Int {
    var hash = (key.high &* factor ^ key.low) &* factor ^ UInt64(key.rest)
    hash = (hash ^ hash >> 32) &* factor
    var slot = Int(hash >> shift)
    while slots[slot] != 0, keys[Int(slots[slot] - 1)] != key { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private mutating func add(_ key: Key) -> Bool {
    let slot = slot(of: key)
    guard slots[slot] == 0, keys.count < capacity else { return false }
    keys.append(key)
    slots[slot] = Int32(keys.count)
    return true
  }
}
