/// Details of some of the sockets of a snapshot. Empty unless they were asked for; then a row costs nothing more.
package struct SocketDetailsTable: Hashable, Sendable {
  /// By cookie, which outlives accept(); by inode where the source has no cookies.
  private enum Key: Hashable, Sendable {
    case cookie(UInt64)
    case inode(UInt32)

    init?(_ record: SocketRecord) {
      if record.cookie != 0 {
        self = .cookie(record.cookie)
      } else if record.inode != 0 {
        self = .inode(record.inode)
      } else {
        return nil
      }
    }
  }

  private var details: [Key: SocketDetails] = [:]
  /// When they were found out, in milliseconds since 1970-01-01 UTC; nil if owners were not looked for.
  package var observedAt: Int64?
  /// What kept the search for owners from looking at some process, other than that it is not permitted: the call, what it was
  /// called on, and why. Nil if nothing did.
  package var failure: String?
  /// SO_REUSEADDR and SO_REUSEPORT were asked for; where they are nil, it was not permitted to read them.
  package var hasAskedForReuseOptions = false

  package init() {}

  package var isEmpty: Bool { details.isEmpty }

  /// Nil if nothing more is known of it. Setting does nothing to a record that has neither cookie nor inode.
  package subscript(record: SocketRecord) -> SocketDetails? {
    get {
      guard !details.isEmpty, let key = Key(record) else { return nil }
      return details[key]
    }
    set {
      guard let key = Key(record) else { return }
      details[key] = newValue
    }
  }
}
