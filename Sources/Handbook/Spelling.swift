/// Compares words that may be misspelled.
package enum Spelling {
  /// The least number of insertions, deletions and substitutions that turn one word into the other (Levenshtein). Only the
  /// first 64 characters are compared.
  package static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right.prefix(64))
    var row = Array(0...right.count)
    for (i, a) in left.prefix(64).enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
