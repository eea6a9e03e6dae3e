/// What is known of a socket beyond its record. Nil is unknown.
package struct SocketDetails: Hashable, Sendable {
  /// The cgroup2 that the socket was made in.
  package var cgroup: CgroupPath?
  /// SO_REUSEADDR, read from the socket itself; nil also where that is not permitted, or no process has it.
  package var reuseAddress: Bool?
  /// SO_REUSEPORT, likewise.
  package var reusePort: Bool?
  /// The processes that have it open. Nil: not looked for. Empty: none seen.
  package var owners: [SocketOwner]?
  /// True: every process of the host was looked at, so there are no other owners than those in `owners`. False: some could
  /// not be looked at. Nil: they were not looked for.
  package var isOwnersComplete: Bool?
  package var visibility: OwnerVisibility
  /// Empty where nothing is in the way, or nothing was looked for.
  package var concealment: Concealment = []
  /// Processes that could have it and may not be looked at: of the socket's cgroup, where that is known. Empty where an owner
  /// was seen, or where they would be too many to mean anything.
  package var suspects: [SocketOwner] = []
  /// A container's proxy that has the socket by its command line, where its descriptors may not be looked at. Nil if there is
  /// none such.
  package var proxy: SocketOwner?
  /// It was made for Multipath TCP (IPPROTO_MPTCP), by the name of its protocol (system.sockprotoname).
  package var isMultipath: Bool?
  /// The socket unit that systemd holds it for: by the socket's cgroup, or by the unit files. Nil where neither tells, or
  /// several would do.
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

  /// The details of a socket that no process can have.
  package static let withoutProcess = SocketDetails(owners: [], isOwnersComplete: true, visibility: .none)
}
