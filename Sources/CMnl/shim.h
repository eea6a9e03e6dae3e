#ifndef TW_INSPECT_CMNL_SHIM_H
#define TW_INSPECT_CMNL_SHIM_H

#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#endif
