/// A directory of the cgroup2 hierarchy below its root, and what service managers and container runtimes say by its
/// name. The path comes from others: any part of it can hold any text but "/" and a line break.
package struct CgroupPath: Hashable, Sendable {
  /// From the root, "/" for the root itself.
  package let text: String
  /// The systemd unit, by the name that systemctl takes: `\x2d` in it is part of the name. It is the outermost that is no
  /// slice, because the names below it are chosen by whom the unit runs; of a user's service manager the outermost of that
  /// user's units. Nil if no directory has the form of a unit's.
  package let unit: String?
  /// The unit belongs to a user's service manager, not to the system's.
  package let isUserUnit: Bool
  /// `unit`, if the system's service manager made the directory, so that its name can be believed: it lies below slices only.
  /// Otherwise nil, as below a user's service manager or in a container.
  package let systemUnit: String?
  /// Nil if no directory has the form of a container's.
  package let container: Container?

  /// - Parameter text: The path below the root of the hierarchy, as in the lines of /proc/PID/cgroup.
  package init(_ text: String) {
    self.text = text
    let parts = text.split(separator: "/")
    (unit, isUserUnit, systemUnit) = Self.unit(parts)
    container = Self.container(parts)
  }

  // MARK: Units

  private static let unitSuffixes = [".service", ".scope", ".socket", ".mount", ".swap"]

  /// Whether the directory is a unit's, and no slice's.
  static func isUnit(_ part: Substring) -> Bool {
    let name = unescaped(part)
    return unitSuffixes.contains(where: name.hasSuffix) && isUnitName(name)
  }

  /// Slices group units; a slice is named only where there is nothing else.
  private static func unit(_ parts: [Substring]) -> (String?, isUser: Bool, ofSystem: String?) {
    var slice: Substring?
    var manager: Substring?
    var isBelowSlices = true
    // In a cgroup namespace of its own a path can begin with "..".
    for part in parts where part != ".." {
      let name = unescaped(part)
      if name.hasSuffix(".slice"), isUnitName(name) {
        slice = name
      } else if isUnit(part) {
        let unit = String(name)
        if manager != nil { return (unit, true, nil) }
        guard isUserManager(name) else { return (unit, false, isBelowSlices ? unit : nil) }
        manager = name
      } else {
        isBelowSlices = false
      }
    }
    let unit = (manager ?? slice).map(String.init)
    return (unit, false, isBelowSlices ? unit : nil)
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
