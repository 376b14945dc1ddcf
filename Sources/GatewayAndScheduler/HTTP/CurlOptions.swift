internal import CCurl

/// Lists of texts as libcurl takes them.
enum CurlList {
  /// Whoever gets it frees it; nil when memory is short.
  static func make(_ texts: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?
    for text in texts {
      // SAFETY: the library copies the text; on failure it returns null and leaves the list as it was.
      guard let longer = unsafe curl_slist_append(list, text) else {
        unsafe curl_slist_free_all(list)
        return nil
      }
      unsafe list = unsafe longer
    }
    return unsafe list
  }
}

/// Whom a transfer trusts: the system's authorities, or those of one file and nobody else.
enum CurlTrust {
  /// Sets it for a handle, given as its address.
  ///
  /// libcurl is built with a folder of authorities beside its file, as Debian's is with /etc/ssl/certs,
  /// and naming another file leaves that folder in force: it has to be taken away.
  static func set(_ file: String?, for easy: UInt) -> CURLcode {
    guard let file else { return CURLE_OK }
    // SAFETY: the handle is the caller's; the library copies the path, and takes null for no folder.
    let handle = unsafe UnsafeMutableRawPointer(bitPattern: easy)
    let code = unsafe vigil_curl_set_string(handle, CURLOPT_CAINFO, file)
    guard code == CURLE_OK else { return code }
    return unsafe vigil_curl_set_pointer(handle, CURLOPT_CAPATH, nil)
  }
}
