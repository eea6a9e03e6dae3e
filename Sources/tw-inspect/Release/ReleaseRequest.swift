import LinuxHost
import SocketTable

/// What `release` was asked for.
struct ReleaseRequest {
  let common: CommonRequest
  let port: String
  let includesFinWait2: Bool
  let isDryRun: Bool
  let asksFirst: Bool

  init(_ command: ReleaseCommand) throws(Failure) {
    common = try CommonRequest(command.output, command.look)
    try PortArgument.refuseSeveral([command.port], of: "release")
    let pasted = try PastedPort(command.port)
    if let address = pasted.address, IPAddress(parsing: address)?.isUnspecified != true {
      throw .usage(
        "'\(ByteSafety.escaped(command.port))': release ends those of the whole port; leave out the address")
    }
    port = pasted.port
    if port == "0" { throw .usage("port '0': out of range; ports are 1 to 65535") }
    try PortArgument.checkNumber(port)
    includesFinWait2 = command.includeFinWait2
    isDryRun = command.dryRun
    asksFirst = !command.yes && !command.dryRun
    if asksFirst, common.quiet { throw .usage("--quiet: nobody is asked; add --yes or --dry-run") }
  }
}
