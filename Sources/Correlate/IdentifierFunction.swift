/// The function that makes ids of names: no state, but held by values that are saved.
///
/// Written as nothing. Read back from the decoder's `userInfo`, where whoever reads puts it.
package struct IdentifierFunction: Sendable, Codable {
  private let make: @Sendable (String) -> String

  package init(_ make: @escaping @Sendable (String) -> String) { self.make = make }

  package func callAsFunction(_ name: String) -> String { make(name) }

  private static let key = CodingUserInfoKey(rawValue: "vigil.identify")

  /// What a decoder's `userInfo` holds for this function to be found.
  package var userInfo: [CodingUserInfoKey: Any] {
    guard let key = IdentifierFunction.key else { return [:] }
    return [key: self]
  }

  package init(from decoder: any Decoder) throws {
    guard let key = IdentifierFunction.key,
      let found = decoder.userInfo[key] as? IdentifierFunction
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "nobody gave the function of ids"))
    }
    self = found
  }

  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encodeNil()
  }
}
