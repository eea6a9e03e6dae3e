/* Network links and addresses by rtnetlink: ip(8) may not be installed. */
#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
  struct nlmsghdr header;
  char rest[1024];
};

static void *tail(struct request *request) {
  return (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);
}

static struct rtattr *add(struct request *request, unsigned short type, const void *data, size_t size) {
  struct rtattr *attribute = tail(request);
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(size);
  if (size) memcpy(RTA_DATA(attribute), data, size);
  request->header.nlmsg_len = NLMSG_ALIGN(request->header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
  return attribute;
}

static void end(struct request *request, struct rtattr *nest) {
  nest->rta_len = (unsigned short)((char *)tail(request) - (char *)nest);
}

static struct request begin(unsigned short type, unsigned short flags, const void *head, size_t size) {
  struct request request = {.header = {.nlmsg_len = NLMSG_LENGTH(size), .nlmsg_type = type}};
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
  memcpy(request.rest, head, size);
  return request;
}

/* Sends the request and returns what the kernel answers. */
static int carry_out(struct request *request) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (descriptor < 0) return -1;
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[2048];
  } answer;
  int result = -1;
  if (send(descriptor, request, request->header.nlmsg_len, 0) >= 0
      && recv(descriptor, &answer, sizeof answer, 0) > 0) {
    errno = answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : EPROTO;
    result = errno == 0 ? 0 : -1;
  }
  int error = errno;
  close(descriptor);
  errno = error;
  return result;
}

int test_add_veth(const char *name, const char *peer) {
  struct ifinfomsg link = {0};
  struct request request = begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof link);
  add(&request, IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *information = add(&request, IFLA_LINKINFO, NULL, 0);
  add(&request, IFLA_INFO_KIND, "veth", 4);
  struct rtattr *data = add(&request, IFLA_INFO_DATA, NULL, 0);
  struct rtattr *other = add(&request, VETH_INFO_PEER, &link, sizeof link);
  add(&request, IFLA_IFNAME, peer, strlen(peer) + 1);
  end(&request, other);
  end(&request, data);
  end(&request, information);
  return carry_out(&request);
}

int test_delete_link(const char *name) {
  struct ifinfomsg link = {.ifi_index = (int)if_nametoindex(name)};
  if (link.ifi_index == 0) return -1;
  struct request request = begin(RTM_DELLINK, 0, &link, sizeof link);
  return carry_out(&request);
}

int test_add_address(const char *name, int family, const unsigned char *bytes, int prefix, int checked) {
  struct ifaddrmsg address = {
      .ifa_family = (unsigned char)family,
      .ifa_prefixlen = (unsigned char)prefix,
      .ifa_flags = checked ? 0 : IFA_F_NODAD,
      .ifa_index = if_nametoindex(name),
  };
  if (address.ifa_index == 0) return -1;
  struct request request = begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address, sizeof address);
  size_t size = family == AF_INET6 ? 16 : 4;
  add(&request, IFA_LOCAL, bytes, size);
  add(&request, IFA_ADDRESS, bytes, size);
  return carry_out(&request);
}
