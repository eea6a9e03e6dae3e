package import Diagnosis

/// The words for why an answer is neither yes nor no, for standard error and after "Unknown.".
package enum Reason {
  package static let incomplete = "messages of the kernel were lost, or reading was cut short"

  /// "SO_REUSEADDR of the sockets on the port", "sockets that are bound and do not listen".
  package static func text(of unknowns: ConflictRules.Unknowns) -> String {
    let properties = unknowns.subtracting(.boundNotListening).names.joined(separator: " and ")
    let parts =
      (properties.isEmpty ? [] : ["\(properties) of the sockets on the port"])
      + (unknowns.contains(.boundNotListening) ? ["sockets that are bound and do not listen"] : [])
    return parts.joined(separator: ", and ")
  }
}
