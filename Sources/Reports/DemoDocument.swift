package import Diagnosis
package import SocketTable

/// The answer of `demo` as JSON and as plain lines.
package struct DemoDocument {
  private let claims: [ClaimReport]
  /// Nil if no claim has looked at sockets.
  private let coverage: Coverage?

  package init(_ claims: [ClaimReport], coverage: Coverage?) {
    self.claims = claims
    self.coverage = coverage
  }

  package func document(_ envelope: Envelope) -> ByteBuffer {
    var writer = JSONWriter(.lines)
    writer.object { writer in
      write(envelope, &writer)
      writer.array("claims", claims) { writer, claim in writer.element { write(claim, &$0) } }
    }
    return writer.finish()
  }

  /// The same as JSON Lines: one "snapshot", one for each claim, and one "end".
  package func lines(_ envelope: Envelope) -> ByteBuffer {
    var buffer = line(.snapshot) { write(envelope, &$0) }
    for claim in claims {
      buffer.append(
        line(.claim) { writer in
          envelope.writeIdentity(&writer)
          write(claim, &writer)
        })
    }
    buffer.append(
      line(.end) { writer in
        envelope.writeIdentity(&writer)
        writer.object("counts") { $0.member(count: claims.count, "claims") }
        // Where nothing was looked at, nothing can be missing.
        writer.member("complete", coverage?.isComplete ?? true)
        writer.member("error", coverage.flatMap { $0.isComplete ? nil : Reason.text(of: $0.shortfall) })
      })
    return buffer
  }

  private func line(_ type: LineType, _ members: (inout JSONWriter) -> Void) -> ByteBuffer {
    var writer = JSONWriter(.compact)
    writer.object { writer in
      writer.member(type)
      members(&writer)
    }
    return writer.finish()
  }

  private func write(_ envelope: Envelope, _ writer: inout JSONWriter) {
    if let coverage { envelope.write(&writer, coverage) } else { envelope.write(&writer) }
  }

  package func plain(withHeader: Bool) -> ByteBuffer {
    var buffer = ByteBuffer()
    if withHeader { buffer.append("number\tverdict\tcondition\tclaim\n") }
    for claim in claims {
      let fields = ["\(claim.number)", claim.verdict?.rawValue ?? "-", claim.condition ?? "-", claim.claim]
      buffer.append(fields.joined(separator: "\t") + "\n")
    }
    return buffer
  }

  private func write(_ claim: ClaimReport, _ writer: inout JSONWriter) {
    writer.member("number", UInt(claim.number))
    writer.member("claim", claim.claim)
    writer.member("verdict", claim.verdict?.rawValue)
    writer.member("condition", claim.condition)
    writer.member("as_known", claim.verdict.map { _ in claim.differences.isEmpty })
    writer.array("steps", claim.steps) { writer, step in
      writer.element { writer in
        switch step {
        case .event(let event): write(event, &writer)
        case .answer(let answer): write(answer, &writer)
        }
      }
    }
    writer.member("reason", claim.reason)
    writer.member("remarks", strings: claim.remarks)
    writer.member("differences", strings: claim.differences.map(\.text))
  }

  private func write(_ event: ClaimEvent, _ writer: inout JSONWriter) {
    writer.member("kind", "event")
    writer.member("actor", event.actor.rawValue)
    writer.member("action", event.action)
    writer.member("sends", event.sends)
    write("server", event.server, &writer)
    write("client", event.client, &writer)
    writer.member("given", strings: [])
    writer.memberNull("question")
    writer.memberNull("result")
    writer.memberNull("result_ms")
    writer.memberNull("known")
  }

  private func write(_ key: String, _ end: ClaimEvent.End, _ writer: inout JSONWriter) {
    writer.object(key) { writer in
      writer.member("address", end.endpoint.address.text)
      writer.member("port", end.endpoint.port)
      writer.member("state", end.state?.name)
      writer.member("expires_ms", end.expires)
      writer.member("known_state", end.known?.name)
    }
  }

  private func write(_ answer: ClaimAnswer, _ writer: inout JSONWriter) {
    writer.member("kind", "answer")
    for key in ["actor", "action", "sends", "server", "client"] { writer.memberNull(key) }
    writer.member("given", strings: answer.given.map { "\($0.name): \($0.value)" })
    writer.member("question", answer.question)
    if case .milliseconds(let time) = answer.result {
      writer.memberNull("result")
      writer.member("result_ms", time)
    } else {
      writer.member("result", answer.result.text)
      writer.memberNull("result_ms")
    }
    writer.member("known", answer.known?.text)
  }
}
