/// What is known of a socket beyond its record. Nil is unknown.
package struct SocketDetails: Hashable, Sendable {
  /// The cgroup2 the socket was made in.
  package var cgroup: CgroupPath?
  /// SO_REUSEADDR, read from the socket itself; nil also where that is not permitted, or no process has it.
  package var reuseAddress: Bool?
  /// SO_REUSEPORT, likewise.
  package var reusePort: Bool?
  /// Nil: not looked for. Empty: none seen.
  package var owners: [SocketOwner]?
  /// True: every process of the host was looked at, so there are no other owners than those in `owners`. False: some could
  /// not be looked at. Nil: they were not looked for.
  package var isOwnersComplete: Bool?
  package var visibility: OwnerVisibility
  /// Empty where nothing is in the way, or nothing was looked for.
  package var concealment: Concealment = []
  /// Processes of the socket's cgroup that may have it but may not be looked at; only where no owner was seen.
  package var suspects: [SocketOwner] = []
  /// It carries Multipath TCP (IPPROTO_MPTCP).
  package var isMultipath: Bool?
  /// The socket unit that the service manager holds it for, by its unit files; nil where none or several would do.
  package var socketUnit: String?

  package init(
    cgroup: CgroupPath? = nil, reuseAddress: Bool? = nil, reusePort: Bool? = nil,
    owners: [SocketOwner]? = nil,
    isOwnersComplete: Bool? = nil, visibility: OwnerVisibility = .unknown
  ) {
    self.cgroup = cgroup
    self.reuseAddress = reuseAddress
    self.reusePort = reusePort
    self.owners = owners
    self.isOwnersComplete = isOwnersComplete
    self.visibility = visibility
  }

  /// Of a socket that no process can have.
  package static let withoutProcess = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
}
