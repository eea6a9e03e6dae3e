/// What `explain` was asked for.
struct ExplainRequest {
  let common: CommonRequest
  /// The name of the topic as it was typed; nil for the list of topics.
  let query: String?
  /// The words of it, each of which may be a topic of its own.
  let words: [String]

  init(_ command: ExplainCommand) throws(Failure) {
    common = try CommonRequest(command.output)
    let typed = command.topic.joined(separator: " ")
    query = command.topic.isEmpty ? nil : typed
    words = command.topic
    if common.quiet {
      throw .usage("--quiet: nothing would be left, as the exit status says only that there is such a topic")
    }
    if common.format == .plain {
      throw .usage("--output plain: there are no records to write; use table or json")
    }
  }
}
