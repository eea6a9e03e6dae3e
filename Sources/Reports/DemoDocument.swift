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

  package func document(_ envelope: Envelope, isOneLine: Bool) -> ByteBuffer {
    var writer = JSONWriter(isOneLine ? .compact : .lines)
    writer.object { writer in
      envelope.write(
        &writer, origin: coverage?.origin ?? .sockDiag, isComplete: coverage?.isComplete,
        blindSpots: coverage?.blindSpots ?? [])
      writer.array("claims", claims) { writer, claim in write(claim, &writer) }
    }
    return writer.finish()
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
    writer.element { writer in
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
