/// Text for people: what came from outside is escaped and cut, numbers are rounded to what matters.
package enum Legible {
  /// Scalars that a name from outside keeps in a sentence.
  package static let nameCountMax = 80

  /// The name with control, format and bidirectional scalars as `\u{hex}`, cut with `…`.
  package static func name(_ text: String) -> String {
    var result = ""
    var count = 0
    for scalar in text.unicodeScalars {
      guard count < nameCountMax else { return result + "…" }
      count += 1
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// A p-value as `1 in 1,300`: two significant digits, from 1 in 1 to 1 in 10^300.
  package static func odds(_ pValue: Double) -> String {
    let inverse = 1 / pValue
    guard inverse < 1e15 else { return "less than 1 in 10^15" }
    return "1 in \(grouped(rounded(inverse)))"
  }

  /// Seconds as `45 s`, `12 min`, `3.5 h` or `2.1 days`.
  package static func duration(_ seconds: Double) -> String {
    if seconds < 120 { return "\(number(seconds)) s" }
    if seconds < 7200 { return "\(number(seconds / 60)) min" }
    if seconds < 172_800 { return "\(number(seconds / 3600)) h" }
    return "\(number(seconds / 86_400)) days"
  }

  /// Bytes as `12 MB`; powers of a thousand.
  package static func bytes(_ value: Double) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var scaled = value
    var unit = 0
    while scaled >= 1000, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return "\(number(scaled)) \(units[unit])"
  }

  /// Three decimals below 10.
  package static func ratio(_ value: Double) -> String {
    guard abs(value) < 10 else { return number(value) }
    let thousandths = Int((value * 1000).rounded())
    let fraction = "\(1000 + abs(thousandths) % 1000)".dropFirst()
    return "\(thousandths < 0 ? "-" : "")\(abs(thousandths) / 1000).\(fraction)"
  }

  /// `, a holiday (Christmas Day)`; the name is left out when empty.
  static func holiday(_ name: String) -> String {
    name.isEmpty ? ", a holiday" : ", a holiday (\(Legible.name(name)))"
  }

  /// At most one decimal; whole from 10 on.
  package static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    if abs(value) >= 10 { return grouped(value.rounded()) }
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
  }

  /// `1 day`, `12 days`.
  package static func count(_ value: Int, _ noun: String) -> String {
    value == 1 ? "1 \(noun)" : "\(grouped(Double(value))) \(noun)s"
  }

  private static func rounded(_ value: Double) -> Double {
    var unit = 1.0
    while value / unit >= 100 { unit *= 10 }
    return (value / unit).rounded() * unit
  }

  private static func grouped(_ value: Double) -> String {
    let digits = "\(Int(abs(value)))"
    var result = value < 0 ? "-" : ""
    for (offset, digit) in digits.enumerated() {
      if offset > 0, (digits.count - offset) % 3 == 0 { result += "," }
      result.append(digit)
    }
    return result
  }
}
