/// Whether the server that was asked about can bind its port.
package enum BindVerdict: String, Sendable, CaseIterable {
  case yes
  case no
  /// Only of a prediction: the answer depends on what the table does not tell. `BindDiagnosis.Prediction.unknowns` says
  /// what that is.
  case depends
  /// None of the server's addresses could be tried, or the look at the sockets was incomplete.
  case unknown

  /// The verdict as JSON has it; nil for `depends` and `unknown`.
  package var bindable: Bool? {
    switch self {
    case .yes: true
    case .no: false
    case .depends, .unknown: nil
    }
  }
}
