/// A record inside saved state: its entry's bytes, which are the vocabulary that is kept stable.
extension IndexedRecord: Codable {
  private enum CodingKeys: String, CodingKey { case index, entry }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(index, forKey: .index)
    try values.encode(String(decoding: record.encoded(), as: UTF8.self), forKey: .entry)
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let entry = Array(try values.decode(String.self, forKey: .entry).utf8)
    var document = JSONDocument()
    try document.parse(entry.span)
    self.init(index: try values.decode(Int.self, forKey: .index), record: try Record(document))
  }
}

/// An instant inside saved state: its microseconds.
extension Timestamp: Codable {
  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(microseconds)
  }

  package init(from decoder: any Decoder) throws {
    let microseconds = try decoder.singleValueContainer().decode(Int64.self)
    guard let instant = Timestamp(microseconds: microseconds) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no instant: \(microseconds)"))
    }
    self = instant
  }
}

/// A digest inside saved state: its hex digits.
extension Digest: Codable {
  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(hex)
  }

  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let digest = Digest(hex: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no digest"))
    }
    self = digest
  }
}
