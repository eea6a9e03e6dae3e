import SocketTable

/// What every command does with a record: none of it may trap either.
func use(_ record: SocketRecord) {
  precondition(record.peer == nil || !record.state.hasNoPeer)
  precondition(!record.isMinisocket || record.uid == nil)
  precondition(!record.local.text.isEmpty)
  if let peer = record.peer {
    precondition(!peer.text.isEmpty)
    if let width = peer.dottedWidth { precondition(width == peer.text.utf8.count) }
  }
  precondition(!record.state.name.isEmpty)
}
