package import SocketTable

/// A listener, and what a restart of its server would meet.
package struct AuditedListener: Sendable {
  /// Whether the restarted server could bind at once. The raw values stand in JSON.
  package enum Restart: String, Sendable, CaseIterable {
    case no
    /// The answer depends on what the table does not tell.
    case depends
    /// How the listener was set up could not be read, or the look was incomplete.
    case unknown
    case yes
  }

  /// Why a restart would not bind at once, or why that is not known.
  package enum Reason: Sendable, Equatable {
    /// What its connections leave behind is in the way, as it does not set SO_REUSEADDR.
    case lacksReuse
    /// What is left behind is in the way, and lacks SO_REUSEADDR, although the server sets it now.
    case oldLackReuse
    /// Another server listens there, which would stay.
    case listener(SocketOwner?)
    /// A socket that is bound and does not listen would stay.
    case bound(SocketOwner?)
    /// A connection that the restart would not end.
    case connection(SocketOwner?)
    case dependsOn(ConflictRules.Unknowns)
    /// How it was set up could not be read.
    case notRead
    /// The kernel itself listens: there is no process to read from.
    case ofKernel
    case incomplete
  }

  package let record: SocketRecord
  /// Nil where it could not be read.
  package let socket: ServerSocket?
  package let restart: Restart
  /// Milliseconds until the last timer in the way reaches 0: 0 if and only if it could bind at once. Nil if it is not known, or
  /// something other than a timer is in the way.
  package let blockedFor: UInt32?
  /// The same at the latest: with the timer wheel's slack, and with the time that a connection can take to become a TIME_WAIT.
  package let blockedLatest: UInt32?
  /// Nil if it could bind at once.
  package let reason: Reason?
  /// The one that explains a no comes first.
  package let findings: [Finding.Slug]
  /// How many processes, or groups of processes with the same socket, listen where this one does, itself among them.
  package let sharers: Int

  /// Listeners that deserve more attention come first.
  var rank: Int {
    switch restart {
    case .no: 0
    case .depends: 1
    case .unknown: 2
    case .yes: findings.isEmpty ? 4 : 3
    }
  }
}
