internal import Diagnosis
internal import SocketTable

/// Who holds ports by a socket that listens, or is only bound: the sentences below the table of `port`.
///
/// Sockets of the same process are one holder. What is known of a process comes from a quick look, which stops at the first
/// that has the socket.
struct PortHolders {
  /// The sockets of one process, or those of which no process can be told, in the same state.
  private struct Holder {
    let key: Key
    var places: [Finding.Place] = []
    var sockets = 0
  }

  private struct Key: Hashable {
    let isListening: Bool
    let who: Who
  }

  private enum Who: Hashable {
    case process(SocketOwner)
    /// By the name of the socket's user, where it is known.
    case hidden(user: String?)
    case kernel
    case unknown
  }

  private let details: SocketDetailsTable
  private var holders: [Holder] = []
  /// How many sockets listen at each place, and how many holders they are of.
  private var sharers: [Finding.Place: Set<Key>] = [:]
  private(set) var concealment: Concealment = []
  /// How many sockets were not looked at, as there are very many.
  private var unnamed = 0

  /// - Parameters:
  ///   - records: each listens or is only bound.
  ///   - details: sockets that are not in it are counted, and not named.
  init(_ records: [SocketRecord], _ details: SocketDetailsTable) {
    self.details = details
    var numbers: [Key: Int] = [:]
    for record in records {
      guard details.has(record) else {
        unnamed += 1
        continue
      }
      let key = Key(isListening: record.state == .listen, who: Self.who(record, details))
      if case .hidden = key.who, let known = details[record] { concealment.formUnion(known.concealment) }
      let place = Finding.Place(record)
      let number = numbers[key] ?? holders.count
      if number == holders.count {
        numbers[key] = number
        holders.append(Holder(key: key))
      }
      if !holders[number].places.contains(place) { holders[number].places.append(place) }
      holders[number].sockets += 1
      if key.isListening { sharers[place, default: []].insert(key) }
    }
  }

  var isEmpty: Bool { holders.isEmpty && unnamed == 0 }

  /// More are not named each: the table does that.
  private static let namedHolders = 4
  private static let namedPlaces = 3

  /// "nginx (pid 812, nginx.service) listens on 0.0.0.0:8080", without a full stop, one for each holder.
  /// - Parameter namesPort: false where the line names the port already.
  func phrases(namesPort: Bool = true) -> [Prose] {
    let named = holders.prefix(Self.namedHolders).map { phrase($0, namesPort) }
    let more = holders.count - named.count
    let others: [Prose] =
      unnamed > 0
      ? ["\(Quantity.count(unnamed + more, "more socket")) \(unnamed + more == 1 ? "holds" : "hold") it"]
      : more > 0 ? ["\(more) more \(more == 1 ? "holds" : "hold") it"] : []
    return named + others
  }

  /// That several processes have been given the same address and port, which is often not meant. Nil if none have.
  /// - Parameter areNamed: the holders stand before it.
  func sharing(areNamed: Bool = true) -> Prose? {
    let shared = sharers.filter { $0.value.count > 1 }
    guard let (place, keys) = shared.min(by: { $0.key.endpoint < $1.key.endpoint }) else { return nil }
    let areAll = areNamed && shared.count == 1 && keys.count == holders.count
    let who: Prose = areAll ? "They" : "\(keys.count) processes"
    return "\(who) share \(text(place)) by SO_REUSEPORT: each gets a part of the connections."
  }

  private static func who(_ record: SocketRecord, _ details: SocketDetailsTable) -> Who {
    guard let known = details[record] else { return .unknown }
    if let owner = known.owners?.first { return .process(owner.withoutDescriptor) }
    return switch known.visibility {
    case .hidden: .hidden(user: record.uid.map { details.userNames[$0] ?? "uid \($0)" })
    case .none: .kernel
    case .visible, .unknown: .unknown
    }
  }

  private func phrase(_ holder: Holder, _ namesPort: Bool) -> Prose {
    let who: Prose =
      switch holder.key.who {
      case .process(let owner): OwnerText.withService(owner)
      case .hidden(let user?): "A process of \(ByteSafety.escaped(user)), hidden from you,"
      case .hidden(nil): "A process that is hidden from you"
      case .kernel: "The kernel itself"
      case .unknown: "A process that was not found"
      }
    let places = self.places(holder, namesPort)
    return holder.key.isListening
      ? "\(who) listens on \(places)" : "\(who) is bound to \(places) and does not listen"
  }

  private func places(_ holder: Holder, _ namesPort: Bool) -> Prose {
    let shown = holder.places.prefix(Self.namedPlaces).map { place in
      namesPort ? text(place) : address(place)
    }
    let more = holder.places.count - shown.count
    let list: Prose = Prose(shown.joined(separator: ", ")) + (more > 0 ? " and \(more) more" : "")
    let repeated = holder.sockets - holder.places.count
    return repeated > 0 ? "\(list) with \(holder.sockets) sockets" : list
  }

  private func text(_ place: Finding.Place) -> String { place.endpoint.text(scope: scope(place)) }

  private func address(_ place: Finding.Place) -> String {
    place.endpoint.address.text + (scope(place).map { "%\(ByteSafety.escaped($0))" } ?? "")
  }

  private func scope(_ place: Finding.Place) -> String? {
    place.interface == 0 ? nil : details.interfaceNames[place.interface] ?? "#\(place.interface)"
  }
}

extension SocketOwner {
  /// Equal for all of a process's sockets.
  fileprivate var withoutDescriptor: SocketOwner {
    var owner = self
    owner.descriptor = nil
    return owner
  }
}
