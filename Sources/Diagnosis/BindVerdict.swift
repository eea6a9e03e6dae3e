/// Whether the server that was asked about can bind its port.
package enum BindVerdict: String, Sendable {
  case yes
  case no
  /// It depends on what the table does not tell; `BindDiagnosis.Prediction.unknowns` says on what. Only of a prediction.
  case depends
  /// It could not be tried, or the look at the sockets was not seen whole.
  case unknown

  /// Nil where neither yes nor no was seen.
  package var bindable: Bool? {
    switch self {
    case .yes: true
    case .no: false
    case .depends, .unknown: nil
    }
  }
}
