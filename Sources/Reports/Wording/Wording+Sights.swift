internal import Diagnosis
internal import SocketTable

/// The words and the commands of `Remedy.Sight`: what the user can look at.
extension Wording {
  func text(_ sight: Remedy.Sight) -> RemedyText {
    switch sight {
    case .port: RemedyText("see every socket on the port", command: "tw-inspect port \(port) --all")
    case .unit(let unit):
      RemedyText("is it yours?", command: ShellCommand.naming(unit, after: "systemctl status "))
    case .container(let container):
      RemedyText(
        "is it yours?",
        command: ShellCommand.list(container).map(ShellCommand.needsRoot(container) ? asRoot : { $0 }))
    case .processes(let pids):
      RemedyText(
        pids.count == 1 ? "is it yours?" : "are they yours?",
        command: "ps -o pid,user,lstart,args -p \(pids.map { "\($0)" }.joined(separator: ","))")
    case .socketUnit(let unit):
      RemedyText(
        unit == nil ? "see which socket unit it is" : "is it yours?",
        command: unit.flatMap { ShellCommand.naming($0, after: "systemctl status ") }
          ?? "systemctl list-sockets")
    case .publishedContainer(let proxy): lookForPublished(proxy)
    case .kernelServices: RemedyText("see which kernel services are registered", command: "rpcinfo -p")
    case .otherNamespace(let pid):
      RemedyText("ask in that namespace", command: asRoot("tw-inspect trybind \(port) --netns pid:\(pid)"))
    case .allNamespaces:
      RemedyText("see who has it in each", command: asRoot("tw-inspect port \(port) --all-netns"))
    case .windowsPorts:
      RemedyText("see who has it, in a Windows console", command: "netstat -ano -p tcp")
    case .windowsExclusions:
      RemedyText(
        "see which ports Windows has excluded, in a Windows console",
        command: "netsh interface ipv4 show excludedportrange protocol=tcp")
    case .owners:
      RemedyText("find the process that has it", command: "tw-inspect port \(port) --all --owners")
    case .ownersAsRoot: RemedyText("find the process that has it, as root", command: trial.map(asRoot))
    case .ownersFromHost: RemedyText("run tw-inspect on the host itself, outside of such restrictions")
    case .restart(let owners, let unit): restart(owners, unit)
    case .trial: RemedyText("try a real bind", command: trial)
    case .trialWithReusePort:
      RemedyText("try a real bind", command: "tw-inspect trybind \(port) --reuse-port")
    case .listenersOptions:
      RemedyText(
        "read the other side's options, as root or as its user",
        command: "tw-inspect trybind \(port) --reuse-port --predict --flags live")
    case .runningServersOptions(let needsRoot):
      RemedyText(
        "read the running server's own options, as root or as its user",
        command: trial.map {
          let command = "\($0) --after-stop --flags live"
          return needsRoot ? asRoot(command) : command
        })
    case .addresses: RemedyText("list the addresses", command: "ip address show")
    case .tentativeAddresses:
      RemedyText(
        "see whether duplicate address detection has failed", command: "ip -6 address show tentative")
    case .duplicateAddresses:
      RemedyText("see which interface has it", command: "ip -6 address show dadfailed")
    case .linkLocalAddresses:
      RemedyText("see which interface has it", command: "ip -6 address show scope link")
    case .interfaces: RemedyText("list the interfaces", command: "ip link show")
    case .ipv6Switch:
      RemedyText("see whether IPv6 is switched off", command: "sysctl net.ipv6.conf.all.disable_ipv6")
    case .policies:
      RemedyText("check SocketBindDeny= and RestrictAddressFamilies= of the unit, and the SELinux booleans")
    case .auditLog:
      RemedyText("look for a denial in the audit log", command: asRoot("journalctl -k --grep audit"))
    case .connections: RemedyText("see which connections use the ports", command: "ss -tan")
    }
  }

  private func restart(_ owners: [SocketOwner], _ unit: String?) -> RemedyText {
    let name = unit ?? owners.first.map { "\($0.pid)" }
    return RemedyText(
      "would it bind again at once after a restart?",
      command: name.flatMap { ShellCommand.naming($0, after: "tw-inspect trybind \(port) --like ") }.map {
        needsRoot(owners) ? asRoot("\($0) --after-stop") : "\($0) --after-stop"
      })
  }

  private var trial: String? { target.commandOptions.map { "tw-inspect trybind \(port)\($0)" } }
}
