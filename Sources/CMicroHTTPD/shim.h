// libmicrohttpd for Swift: its variadic calls, fixed to the options that the server uses.
#ifndef VIGIL_MICROHTTPD_SHIM_H
#define VIGIL_MICROHTTPD_SHIM_H

#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

/// Leaves request targets as they were sent: percent-decoding is done once, by the server.
static inline size_t vigil_http_keep_escapes(void *context, struct MHD_Connection *connection,
                                             char *text) {
  (void)context;
  (void)connection;
  return strlen(text);
}

/// Starts one polling thread on a listening socket. NULL when the library refuses.
///
/// One thread and no pool: a pool's workers race in MHD_quiesce_daemon, and lose by abort().
static inline struct MHD_Daemon *vigil_http_start(
    int listening, unsigned int connections_max, size_t memory_max,
    unsigned int silence_seconds_max, MHD_AccessHandlerCallback handle,
    void *(*begin)(void *, const char *, struct MHD_Connection *),
    MHD_NotifyConnectionCallback connection_changed, MHD_RequestCompletedCallback request_ended,
    void *context) {
  return MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, context,
      MHD_OPTION_LISTEN_SOCKET, listening,
      MHD_OPTION_CONNECTION_LIMIT, connections_max,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory_max,
      MHD_OPTION_CONNECTION_TIMEOUT, silence_seconds_max,
      MHD_OPTION_STRICT_FOR_CLIENT, 1,
      MHD_OPTION_UNESCAPE_CALLBACK, vigil_http_keep_escapes, NULL,
      MHD_OPTION_URI_LOG_CALLBACK, begin, context,
      MHD_OPTION_NOTIFY_CONNECTION, connection_changed, context,
      MHD_OPTION_NOTIFY_COMPLETED, request_ended, context,
      MHD_OPTION_END);
}

/// The connection's socket, -1 when the library does not tell.
static inline int vigil_http_descriptor(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info == NULL ? -1 : info->connect_fd;
}

/// What the connection callback stored for this connection.
static inline uintptr_t vigil_http_connection_number(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info == NULL ? 0 : (uintptr_t)info->socket_context;
}

/// The status of the answer that the library has queued, also by itself; 0 when there is none.
static inline unsigned int vigil_http_queued_status(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
  return info == NULL ? 0 : info->http_status;
}

/// SO_PEERCRED of a Unix socket. Returns -1 and sets errno. (glibc hides struct ucred from Swift.)
static inline int vigil_http_peer_credentials(int descriptor, pid_t *process, uid_t *user,
                                              gid_t *group) {
  struct {
    pid_t pid;
    uid_t uid;
    gid_t gid;
  } credentials = {0, 0, 0};
  socklen_t length = sizeof credentials;
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *process = credentials.pid;
  *user = credentials.uid;
  *group = credentials.gid;
  return 0;
}

#endif
