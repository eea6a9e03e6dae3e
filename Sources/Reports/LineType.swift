/// What a line of JSON Lines is, as its `type` says. A document that is alone has no type.
package enum LineType: String, Sendable, CaseIterable {
  /// The envelope and the query of the rows that follow.
  case snapshot
  case socket
  case claim
  case listener
  /// After the rows of a snapshot: how many there were, and whether that is all.
  case end
  /// The whole document of a command that has no rows.
  case answer
}

extension JSONWriter {
  /// Writes `type`, with which every line begins; nothing for nil.
  mutating func member(_ type: LineType?) {
    if let type { member("type", type.rawValue) }
  }
}
