internal import CCurl

extension CurlExchange {
  /// Lists and bytes that libcurl does not copy: they live as long as the transfer.
  ///
  /// - Returns: also whether the server has taken the sender, so that its next reply is about the mail.
  func send(_ mail: MailRequest) -> (code: CURLcode, isUnderWay: Bool) {
    guard let recipients = unsafe CurlList.make(mail.to) else {
      return (CURLE_OUT_OF_MEMORY, false)
    }
    defer { unsafe curl_slist_free_all(recipients) }
    let upload = CurlUpload(mail.message)
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    // SAFETY: list and upload outlive the transfer; reading asks for no more than it gives room for.
    let context = unsafe Unmanaged.passUnretained(upload).toOpaque()
    let codes = unsafe [
      vigil_curl_set_listener(handle, hearCommand),
      vigil_curl_set_pointer(handle, CURLOPT_DEBUGDATA, context),
      set(CURLOPT_VERBOSE, 1),
      vigil_curl_set_pointer(handle, CURLOPT_MAIL_RCPT, recipients),
      vigil_curl_set_sink(handle, CURLOPT_READFUNCTION, readUpload),
      vigil_curl_set_pointer(handle, CURLOPT_READDATA, context),
      vigil_curl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(mail.message.count)),
    ]
    if let wrong = codes.first(where: { $0 != CURLE_OK }) { return (wrong, false) }
    let code = transfer()
    // The goodbye is not listened to: nobody would be there to hear it.
    _ = set(CURLOPT_VERBOSE, 0)
    return (code, upload.isUnderWay)
  }
}

/// A message on its way out; used by one thread.
private final class CurlUpload {
  private let bytes: [UInt8]
  private var offset = 0
  /// Whether a recipient was named: the server has taken the sender then.
  private(set) var isUnderWay = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// A command as it leaves; none is kept, for one of them is the password.
  func hear(_ command: UnsafeRawBufferPointer) {
    // SAFETY: compares within the buffer's bounds.
    if unsafe command.starts(with: "RCPT TO:".utf8) { isUnderWay = true }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    // SAFETY: `count` bytes are left here, and there is room for them there.
    unsafe buffer.copyBytes(from: bytes[offset..<offset + count])
    offset += count
    return count
  }
}

/// libcurl's call for the next piece of the message; 0 is its end.
private func readUpload(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  // SAFETY: `context` is the upload of the running transfer; size times count bytes may be written.
  guard let context = unsafe context else { return 0 }
  let upload = unsafe Unmanaged<CurlUpload>.fromOpaque(context).takeUnretainedValue()
  return unsafe upload.read(
    into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

/// libcurl's call for each command that leaves, among much else.
private func hearCommand(
  _: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?,
  _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  // SAFETY: `context` is the upload of the running transfer; `count` bytes are readable.
  guard kind == CURLINFO_HEADER_OUT, let context = unsafe context else { return 0 }
  let upload = unsafe Unmanaged<CurlUpload>.fromOpaque(context).takeUnretainedValue()
  unsafe upload.hear(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
