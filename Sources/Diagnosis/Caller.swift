/// The process that asks, which is the one that carries out a remedy by pasting it.
package struct Caller: Equatable, Sendable {
  /// Its effective user.
  package var uid: UInt32
  /// The processes from its parent up to process 1: ending one of them would end the session that the answer is read in.
  package var ancestors: Set<Int32>
  /// The systemd units that these processes run in.
  package var units: Set<String>

  package init(uid: UInt32 = 1000, ancestors: Set<Int32> = [], units: Set<String> = []) {
    self.uid = uid
    self.ancestors = ancestors
    self.units = units
  }

  package var isRoot: Bool { uid == 0 }
}
