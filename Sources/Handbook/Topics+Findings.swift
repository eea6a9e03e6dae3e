internal import Diagnosis

/// Topics of what trybind and wait find: a file for each kind, as in `Diagnosis/Findings`.
extension Topics {
  static let findings: [Topic] =
    timerFindings + holderFindings + sharingFindings + refusalFindings + hostFindings

  static func finding(
    _ slug: Finding.Slug, _ summary: String, _ what: String, here settings: [Setting] = [],
    wrong misbeliefs: [Topic.Misbelief] = [], advice: [String], sources: [String], related: [String]
  ) -> Topic {
    Topic(
      slug.rawValue, .finding, summary, what, here: settings, wrong: misbeliefs, advice: advice,
      sources: sources,
      related: related)
  }
}
