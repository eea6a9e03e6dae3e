package import Diagnosis
internal import Glibc
internal import SocketTable

extension HostSettings {
  /// The settings of the calling thread's network namespace, from /proc/sys and /proc/net. Where one cannot be read it is nil
  /// or the kernel's default.
  package static func current() -> HostSettings {
    var range: ClosedRange<UInt16>?
    if let bounds = Sysctl.numbers("net.ipv4.ip_local_port_range"), bounds.count == 2,
      let lower = UInt16(exactly: bounds[0]), let upper = UInt16(exactly: bounds[1]), lower <= upper
    {
      range = lower...upper
    }
    let addresses = IPv6Addresses()
    var settings = HostSettings(
      ephemeralRange: range,
      reservedPorts: Sysctl.text("net.ipv4.ip_local_reserved_ports").map { PortSet(reserved($0)) },
      unprivilegedPortStart: Sysctl.number("net.ipv4.ip_unprivileged_port_start") ?? 1024,
      timerSlack: TimerWheel.slackMilliseconds(hz: Clock.kernelHZ),
      mayBindPrivilegedPorts: mayBindPrivilegedPorts,
      isIPv6Disabled: Sysctl.number("net.ipv6.conf.all.disable_ipv6") == 1,
      tentativeAddresses: addresses.tentative)
    settings.duplicateAddresses = addresses.duplicate
    settings.caller = Caller(uid: geteuid())
    settings.isOnWindows = HostIdentity.current().kernel.lowercased().contains("microsoft")
    settings.timeWaits = SocketStatistics.timeWaits
    settings.timeWaitLimit = Sysctl.number("net.ipv4.tcp_max_tw_buckets")
    settings.timeWaitReuse = Sysctl.number("net.ipv4.tcp_tw_reuse")
    settings.finTimeout = Sysctl.number("net.ipv4.tcp_fin_timeout")
    return settings
  }

  private static var mayBindPrivilegedPorts: Bool? {
    guard Capabilities.isEffective(.netBindService) else { return false }
    return Capabilities.isInitialUserNamespace ? true : nil
  }

  /// The ranges in a text like "8080,9000-9100"; what is malformed is skipped.
  private static func reserved(_ text: String) -> [ClosedRange<UInt16>] {
    text.split(separator: ",").compactMap { part in
      let ends = part.split(separator: "-").compactMap { UInt16($0) }
      guard let lower = ends.first, let upper = ends.last, lower <= upper else { return nil }
      return lower...upper
    }
  }
}
