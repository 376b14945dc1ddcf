// libcurl for Swift: its variadic calls, one wrapper for each type of argument.
#ifndef VIGIL_CURL_SHIM_H
#define VIGIL_CURL_SHIM_H

#include <curl/curl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

typedef size_t (*vigil_curl_sink)(char *bytes, size_t size, size_t count, void *context);

/// Another number than 0 ends the transfer.
typedef int (*vigil_curl_watch)(
    void *context, curl_off_t to_receive, curl_off_t received, curl_off_t to_send, curl_off_t sent);

typedef int (*vigil_curl_listener)(
    CURL *easy, curl_infotype kind, char *bytes, size_t count, void *context);

static inline CURLcode vigil_curl_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vigil_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

/// The library copies the string, except that of CURLOPT_POSTFIELDS.
static inline CURLcode vigil_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vigil_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode vigil_curl_set_sink(CURL *easy, CURLoption option, vigil_curl_sink sink) {
  return curl_easy_setopt(easy, option, sink);
}

static inline CURLcode vigil_curl_set_watch(CURL *easy, vigil_curl_watch watch) {
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, watch);
}

static inline CURLcode vigil_curl_set_listener(CURL *easy, vigil_curl_listener listener) {
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, listener);
}

/// A number that the transfer left behind, or -1.
static inline long vigil_curl_get_long(CURL *easy, CURLINFO info) {
  long value = -1;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : -1;
}

/// The connection's socket, or -1.
static inline int vigil_curl_get_socket(CURL *easy) {
  curl_socket_t value = CURL_SOCKET_BAD;
  return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &value) == CURLE_OK ? (int)value : -1;
}

/// From now on the connection ends for whoever reads from it, while writing goes on: a goodbye is said,
/// and its answer not waited for.
static inline void vigil_curl_stop_reading(CURL *easy) {
  int number = vigil_curl_get_socket(easy);
  if (number >= 0) shutdown(number, SHUT_RD);
}

/// The result of the one transfer in `multi`, or CURLE_AGAIN while it is under way.
static inline CURLcode vigil_curl_result(CURLM *multi) {
  int left = 0;
  CURLMsg *message = curl_multi_info_read(multi, &left);
  return message != NULL && message->msg == CURLMSG_DONE ? message->data.result : CURLE_AGAIN;
}

/// Holds back SIGPIPE in this thread: OpenSSL writes with write(2), and a peer that has gone away
/// must not end the process. What was pending before stays pending.
static inline int vigil_pipe_signal_block(sigset_t *before) {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  return pthread_sigmask(SIG_BLOCK, &pipe, before);
}

/// Takes a SIGPIPE that came meanwhile, and puts the thread's mask back.
static inline void vigil_pipe_signal_restore(const sigset_t *before) {
  if (!sigismember(before, SIGPIPE)) {
    sigset_t pipe;
    struct timespec none = {0, 0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigtimedwait(&pipe, NULL, &none);
  }
  pthread_sigmask(SIG_SETMASK, before, NULL);
}

#endif
