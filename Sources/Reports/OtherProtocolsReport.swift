internal import Diagnosis
internal import NetlinkCodec
internal import SocketTable

/// What is said of UDP sockets that have the number of a TCP port, in text and in JSON.
enum OtherProtocolsReport {
  private static let namedHolders = 2
  private static let namedPlaces = 2

  // MARK: Text

  /// Nil where there are none, or nobody looked.
  /// - Parameter isOfOne: several network namespaces were asked, and these are of the own one.
  static func sentence(_ others: OtherProtocols?, isOfOne: Bool = false) -> Prose? {
    guard let others, !others.records.isEmpty else { return nil }
    return "UDP\(isOfOne ? " here" : ""): \(holders(others)); TCP and UDP do not stand in each other's way."
  }

  /// "systemd-resolve (pid 712) has 127.0.0.53:53".
  private static func holders(_ others: OtherProtocols) -> Prose {
    var order: [Prose] = []
    var records: [Prose: [SocketRecord]] = [:]
    for record in others.records {
      let who = who(record, others.details)
      if records[who] == nil { order.append(who) }
      records[who, default: []].append(record)
    }
    let named = order.prefix(namedHolders)
    let phrases = named.map { who -> Prose in "\(who) has \(places(records[who] ?? [], others.details))" }
    let more = others.records.count - named.reduce(0) { $0 + (records[$1]?.count ?? 0) }
    return phrases.joined(separator: "; ")
      + (more > 0 ? "; \(Quantity.count(more, "more socket")) \(more == 1 ? "has" : "have") it" : "")
  }

  private static func who(_ record: SocketRecord, _ details: SocketDetailsTable) -> Prose {
    guard let known = details[record] else { return "a process that was not looked for" }
    if let owner = known.owners?.first { return OwnerText.withService(owner) }
    switch known.visibility {
    case .hidden:
      guard let uid = record.uid else { return "a process that is hidden from you" }
      return "a process of \(ByteSafety.escaped(details.userNames[uid] ?? "uid \(uid)")), hidden from you,"
    case .none: return "the kernel itself"
    case .visible, .unknown: return "a process that was not found"
    }
  }

  private static func places(_ records: [SocketRecord], _ details: SocketDetailsTable) -> Prose {
    var places: [String] = []
    var seen: Set<String> = []
    for record in records where seen.count <= namedPlaces {
      let scope =
        record.interface == 0 ? nil : details.interfaceNames[record.interface] ?? "#\(record.interface)"
      let place = record.local.text(scope: scope)
      if seen.insert(place).inserted, places.count < namedPlaces { places.append(place) }
    }
    let isMore = seen.count > places.count
    return Prose(places.joined(separator: isMore ? ", " : " and ")) + (isMore ? " and more" : "")
  }

  // MARK: JSON

  static let key = "other_protocols"

  static func write(_ writer: inout JSONWriter, _ others: OtherProtocols?) {
    guard let others else { return writer.memberNull(key) }
    writer.array(key, others.records) { writer, record in
      writer.element { writer in
        writer.member("protocol", record.transport.name)
        writer.member("address", record.local.address.text)
        writer.member("port", record.local.port)
        writer.member("uid", record.uid)
        guard let owners = others.details[record]?.owners else { return writer.memberNull("owners") }
        writer.array("owners", owners) { writer, owner in
          writer.raw { SocketDetailsJSON.append(owner, to: &$0) }
        }
      }
    }
  }
}
