#ifndef VIGIL_TCP_SOCKET_H
#define VIGIL_TCP_SOCKET_H

#include <stdint.h>

/// Bytes that the peer of a TCP connection has sent so far (tcpi_bytes_received); 0 for other sockets.
/// (glibc's struct tcp_info ends before that field.)
uint64_t vigil_tcp_received(int descriptor);

#endif
