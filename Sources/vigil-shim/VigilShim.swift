import CPlatform
import Glibc
import ShimProtocol

/// `vigil-shim DIRECTORY`: runs one attempt of a run and outlives the server that asked for it.
@main
enum VigilShim {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count == 2, fcntl(ShimFile.lockDescriptor, F_GETFD) >= 0 else {
      let text = "vigil-shim: started by vigil serve with an attempt's directory and its lock\n"
      _ = Descriptors.writeAll(2, Array(text.utf8))
      exit(2)
    }
    // With the lock in the job's hands, a dead shim would look alive.
    vigil_close_on_exec(ShimFile.lockDescriptor)
    guard var attempt = Attempt(directory: arguments[1]) else { exit(2) }
    exit(attempt.run())
  }
}
