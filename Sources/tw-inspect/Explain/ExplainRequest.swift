/// What `explain` was asked for.
struct ExplainRequest {
  let common: CommonRequest
  /// The name of the topic as it was typed; nil for the list of topics.
  let query: String?

  init(_ command: ExplainCommand) throws(Failure) {
    common = try CommonRequest(command.common)
    let typed = command.topic.joined(separator: " ")
    query = command.topic.isEmpty ? nil : typed
    if common.format == .plain {
      throw .usage("--output plain: there are no records to write; use table or json")
    }
  }
}
