/// A directory of the cgroup2 hierarchy below its root, and what service managers and container runtimes say by its
/// name. The path comes from others: any part of it can hold any text but "/" and a line break.
package struct CgroupPath: Hashable, Sendable {
  /// From the root, "/" for the root itself.
  package let text: String
  /// The innermost systemd unit, by the name that systemctl takes: `\x2d` in it is part of the name. Nil if no directory has
  /// the form of a unit's.
  package let unit: String?
  /// The unit belongs to a user's service manager, not to the system's.
  package let isUserUnit: Bool
  /// Nil if no directory has the form of a container's.
  package let container: Container?

  /// - Parameter text: The path below the root of the hierarchy, as in the lines of /proc/PID/cgroup.
  package init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "/")
    (unit, isUserUnit) = Self.unit(parts)
    container = Self.container(parts)
  }

  // MARK: Units

  private static let unitSuffixes = [".service", ".scope", ".socket", ".mount", ".swap"]

  /// Slices group units; a slice is only named where there is nothing else.
  private static func unit(_ parts: [Substring]) -> (String?, Bool) {
    var unit: Substring?
    var slice: Substring?
    var managers = 0
    for part in parts {
      let name = unescaped(part)
      if name.hasSuffix(".slice"), isUnitName(name) {
        slice = name
      } else if unitSuffixes.contains(where: name.hasSuffix), isUnitName(name) {
        if isUserManager(name) { managers += 1 }
        unit = name
      }
    }
    let found = unit ?? slice
    let isOfUser = managers > 0 && !(found.map(isUserManager) ?? false)
    return (found.map(String.init), isOfUser)
  }

  private static func isUserManager(_ name: Substring) -> Bool {
    name.hasPrefix("user@") && name.hasSuffix(".service")
  }

  /// systemd puts "_" before names that would collide with files of the cgroup file system.
  private static func unescaped(_ part: Substring) -> Substring {
    part.hasPrefix("_") ? part.dropFirst() : part
  }

  /// What unit names are made of (systemd.unit(5)).
  private static func isUnitName(_ name: Substring) -> Bool {
    name.utf8.count < 256
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        case UInt8(ascii: "\\"), UInt8(ascii: "@"): true
        default: false
        }
      }
  }
}
