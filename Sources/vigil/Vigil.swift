@main
enum Vigil {
  static func main() {}
}
