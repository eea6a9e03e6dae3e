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
  /// A bit for each key, which several can share: of most sockets it is 0 where `details` is a sample.
  private var marks: [UInt64] = []

  private static let markCount: UInt64 = 1 << 16

  private static func mark(_ record: SocketRecord) -> (word: Int, bit: UInt64) {
    let number = (record.cookie != 0 ? record.cookie : UInt64(record.inode)) % markCount
    return (Int(number / 64), 1 << (number % 64))
  }
  /// When they were found out, in milliseconds since 1970-01-01 UTC; nil if owners were not looked for.
  package var observedAt: Int64?
  /// What kept the search for owners from looking at some process, other than that it is not permitted: the call, what it was
  /// called on, and why. Nil if nothing did.
  package var failure: String?
  /// There were very many sockets, and each process that has any was found, but not of each socket who has it: of those there are
  /// no details here.
  package var isSample = false
  /// The names of users whose processes are hidden, by uid.
  package var userNames: [UInt32: String] = [:]
  /// The names of network devices that sockets are bound to, by index. One that is not here has no name that is known.
  package var interfaceNames: [UInt32: String] = [:]
  /// SO_REUSEADDR and SO_REUSEPORT were asked for; where they are nil, here and in the record, they could not be read.
  package var hasAskedForReuseOptions: Bool { reuseOptionsAsked != .none }
  /// Of which sockets they were asked for.
  package var reuseOptionsAsked = ReuseOptionsChoice.none

  /// Why the kernel did not tell them of every socket, as it was asked to. Nil: it did, or was not asked.
  package var reuseOptionsRefusal: String?

  /// Of some socket it is known. The rules of bind(2) heed nothing else in here.
  package private(set) var knowsReuseOptions = false

  package init() {}

  package var isEmpty: Bool { details.isEmpty }

  /// Whether anything more is known of it.
  package func has(_ record: SocketRecord) -> Bool {
    guard mayHave(record), let key = Key(record) else { return false }
    return details.index(forKey: key) != nil
  }

  /// False only where it surely has nothing.
  private func mayHave(_ record: SocketRecord) -> Bool {
    guard !details.isEmpty else { return false }
    let (word, bit) = Self.mark(record)
    return marks[word] & bit != 0
  }

  /// Nil if nothing more is known of it. Setting does nothing to a record that has neither cookie nor inode.
  package subscript(record: SocketRecord) -> SocketDetails? {
    get {
      guard mayHave(record), let key = Key(record) else { return nil }
      return details[key]
    }
    set {
      guard let key = Key(record) else { return }
      if marks.isEmpty { marks = Array(repeating: 0, count: Int(Self.markCount / 64)) }
      let (word, bit) = Self.mark(record)
      marks[word] |= bit
      details[key] = newValue
      if newValue?.reuseAddress != nil || newValue?.reusePort != nil { knowsReuseOptions = true }
    }
  }
}
