@main
enum Campaign {
  static func main() {}
}
