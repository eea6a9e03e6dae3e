/// The sentences of more than 25 words, each with the reason why it is not two.
enum LongSentences {
  static let reasons: [(sentence: String, reason: String)] = [
    (
      """
      Port 9527 is in use in other network namespaces: nginx (pid 1): 1 LISTEN; nginx (pid 2): 1 LISTEN; nginx (pid 3): 1 \
      LISTEN, and in 2 more.
      """, "a list of processes"
    )
  ]
}
