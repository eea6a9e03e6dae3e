import Diagnosis
import SocketTable

/// A situation on the port, and exactly what is said of it.
package struct BindCase: Sendable {
  package let name: String
  package let holders: [Holder]
  package let target: BindTarget
  package let settings: HostSettings
  package let coverage: Coverage
  package let slugs: [String]
  package let bindable: Bool?
  package let freeIn: UInt32?
  package let freeLatest: UInt32?
  /// Indices into `holders`.
  package let inTheWay: [Int]

  package init(
    _ name: String, _ holders: [Holder] = [], _ target: BindTarget = .server(),
    settings: HostSettings = HostSettings(timerSlack: 2048), coverage: Coverage = .netlink,
    says slugs: String,
    bindable: Bool? = false, freeIn: UInt32? = nil, latest: UInt32? = nil, holders inTheWay: [Int] = []
  ) {
    self.name = name
    self.holders = holders
    self.target = target
    self.settings = settings
    self.coverage = coverage
    self.slugs = slugs.split(separator: " ").map(String.init)
    self.bindable = bindable
    self.freeIn = freeIn
    self.freeLatest = latest
    self.inTheWay = inTheWay
  }

  package func diagnosis() throws -> BindDiagnosis {
    try Diagnosing(holders, target, settings: settings, coverage: coverage).result()
  }
}
