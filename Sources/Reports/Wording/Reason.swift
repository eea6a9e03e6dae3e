package import Diagnosis
internal import NetlinkCodec
package import SocketTable

/// The words for why an answer is neither yes nor no, for standard error and after "Unknown.".
package enum Reason {
  /// Why a look is incomplete.
  package static func text(of shortfall: Coverage.Shortfall?) -> String {
    switch shortfall {
    case .messagesDropped: "the kernel dropped part of its answer"
    case .tableChanged: "the table changed while it was read"
    case .brokenOff(let error): "the kernel's answer broke off (\(error.message))"
    case .namespaces(let namespaces): text(of: namespaces)
    case nil: "messages of the kernel were lost, or reading ended early"
    }
  }

  private static func text(of namespaces: NamespaceCoverage) -> String {
    let (missing, hidden) = (namespaces.notLookedAt, namespaces.hiddenProcesses)
    let parts =
      (missing > 0
        ? [
          "\(Quantity.count(missing, "network namespace").plain) \(missing == 1 ? "was" : "were") not looked at"
        ] : [])
      + (hidden == 1 ? ["the network namespace of a process is not known"] : [])
      + (hidden > 1 ? ["the network namespace of \(Quantity.grouped(hidden)) processes is not known"] : [])
    let what = parts.isEmpty ? "not every network namespace was found" : parts.joined(separator: ", and ")
    let why: String? =
      switch namespaces.obstacle {
      case .tooMany(let limit): "there are more than \(limit)"
      case .tooLate(let seconds): "there was no time for more after \(seconds) s"
      case .failed(let reason): reason
      case nil: nil
      }
    return what + (why.map { " (\($0))" } ?? "")
  }

  /// "SO_REUSEADDR of the sockets on the port", "sockets that are bound and do not listen".
  package static func text(of unknowns: ConflictRules.Unknowns) -> String {
    let properties = unknowns.subtracting([.boundNotListening, .mappedWildcard]).names.joined(
      separator: " and ")
    let parts =
      (properties.isEmpty ? [] : ["\(properties) of the sockets on the port"])
      + (unknowns.contains(.boundNotListening) ? ["sockets that are bound and do not listen"] : [])
      + (unknowns.contains(.mappedWildcard) ? ["whether ::ffff:0.0.0.0 is a wildcard for this kernel"] : [])
    return parts.joined(separator: ", and ")
  }
}
