extension CgroupPath {
  /// A container or, where no container is named, a Kubernetes pod.
  package struct Container: Hashable, Sendable {
    package enum Runtime: String, Hashable, Sendable {
      case docker
      case podman
      case containerd
      case crio = "cri-o"
      case lxc
      case nspawn = "systemd-nspawn"
      /// The path has the form of a container's, and does not tell whose.
      case unknown
    }

    /// As the runtime knows it: mostly 64 hexadecimal digits; of a pod, its UID.
    package let id: String
    package let runtime: Runtime
    package let isPod: Bool
    /// It lies inside another container, or below a service or a user, who choose the names there. This host's runtime may not
    /// know it, or know another by that name.
    package let isNested: Bool
    /// The UID of the Kubernetes pod that it belongs to; nil if none is named.
    package let pod: String?

    package init(
      id: String, runtime: Runtime, isPod: Bool = false, isNested: Bool = false, pod: String? = nil
    ) {
      self.id = id
      self.runtime = runtime
      self.isPod = isPod
      self.isNested = isNested
      self.pod = pod ?? (isPod ? id : nil)
    }

    /// The first twelve digits, as runtimes list their containers; a whole name otherwise.
    package var shortID: String { CgroupPath.isContainerID(id[...]) ? String(id.prefix(12)) : id }
  }

  /// The innermost container that the directories name, or a pod inside it.
  static func container(_ parts: [Substring]) -> Container? {
    var found: Container?
    var pod: Container?
    var isBelowOthers = false
    for (index, part) in parts.enumerated() {
      let parent = index > 0 ? parts[index - 1] : ""
      if let container = container(part, parent: parent, isInPod: pod != nil) {
        found = Container(
          id: container.id, runtime: container.runtime, isNested: isBelowOthers, pod: pod?.id)
        pod = nil
        isBelowOthers = true
      } else if let uid = podUID(part) {
        pod = Container(id: uid, runtime: .unknown, isPod: true, isNested: isBelowOthers)
      } else if isUnit(part) || isOfUser(part) {
        isBelowOthers = true
      }
    }
    // A pod inside of a container comes after it.
    return pod ?? found
  }

  /// The part of the hierarchy that belongs to users: user.slice, or user-1000.slice.
  private static func isOfUser(_ part: Substring) -> Bool {
    part == "user.slice" || part.hasPrefix("user-") && part.hasSuffix(".slice")
  }

  /// The systemd driver writes `docker-ID.scope`, the cgroupfs driver `docker/ID`; a runtime that is given the one
  /// form and uses the other writes `slice:docker:ID`.
  private static func container(_ part: Substring, parent: Substring, isInPod: Bool) -> (
    id: String, runtime: Container.Runtime
  )? {
    if part.hasSuffix(".scope") {
      let name = part.dropLast(".scope".count)
      if name.hasPrefix("machine-") { return (String(name.dropFirst("machine-".count)), .nspawn) }
      guard let dash = name.lastIndex(of: "-") else { return nil }
      let id = name[name.index(after: dash)...]
      return isContainerID(id) ? runtime(of: name[..<dash]).map { (String(id), $0) } : nil
    }
    if part.hasPrefix("systemd-nspawn@"), part.hasSuffix(".service") {
      return (String(part.dropFirst("systemd-nspawn@".count).dropLast(".service".count)), .nspawn)
    }
    if part.hasPrefix("lxc.payload.") { return (String(part.dropFirst("lxc.payload.".count)), .lxc) }
    if parent == "lxc" || parent == "lxc.payload" { return (String(part), .lxc) }
    if let colon = part.lastIndex(of: ":") {
      let id = part[part.index(after: colon)...]
      guard isContainerID(id) else { return nil }
      let prefix = part[..<colon]
      return runtime(of: prefix.split(separator: ":").last ?? prefix).map { (String(id), $0) }
    }
    if isContainerID(part) {
      return (String(part), isInPod ? .unknown : runtime(of: parent) ?? .unknown)
    }
    if let dash = part.lastIndex(of: "-"), isContainerID(part[part.index(after: dash)...]) {
      return runtime(of: part[..<dash]).map { (String(part[part.index(after: dash)...]), $0) }
    }
    return nil
  }

  /// Nil for the monitors that runtimes put beside their containers: those are processes of the host.
  private static func runtime(of prefix: Substring) -> Container.Runtime? {
    if prefix.hasSuffix("-conmon") || prefix == "conmon" { return nil }
    return switch prefix {
    case "docker": .docker
    case "libpod", "libpod-payload", "libpod_parent": .podman
    case "cri-containerd", "containerd", "nerdctl", "default": .containerd
    case "crio": .crio
    default: .unknown
    }
  }

  private static func isContainerID(_ text: Substring) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy(isHexDigit)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }

  /// `pod` and a UUID, in `kubepods-burstable-podUUID.slice` with "_" for "-"; a static pod's is 32 digits.
  private static func podUID(_ part: Substring) -> String? {
    var name = part
    if name.hasSuffix(".slice") {
      guard name.hasPrefix("kubepods-") else { return nil }
      name = name.dropLast(".slice".count)
      guard let dash = name.lastIndex(of: "-") else { return nil }
      name = name[name.index(after: dash)...]
    }
    guard name.hasPrefix("pod") else { return nil }
    let uid = name.dropFirst("pod".count)
    let digits = uid.utf8.filter(isHexDigit).count
    let others = uid.utf8.allSatisfy {
      isHexDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    guard digits == 32, others, uid.utf8.count <= 36 else { return nil }
    return String(uid.map { $0 == "_" ? "-" : $0 })
  }
}
