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
    case nil: "messages of the kernel were lost, or reading ended early"
    }
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
