// Sends UDP packets into an interface as fast as the kernel takes them, and prints how many it took.
//
// usage: flood INTERFACE PACKETS BYTES FLOWS [FIRST [RATE]]
//
// Each flow is a pair of addresses and ports; packets go through the flows in turn, from number FIRST on. Frames that
// the kernel has no room for are sent again, so what is printed is what went out. RATE is in packets a second, sent in
// bursts of 256; without it, or with 0, as fast as possible.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, LARGEST = 1514, SMALLEST = 42 };

static unsigned char frames[BATCH][LARGEST];

static void put16(unsigned char *place, unsigned number) {
    place[0] = number >> 8;
    place[1] = number;
}

static void make(unsigned char *frame, int bytes) {
    memset(frame, 0, LARGEST);
    memset(frame, 0xff, 6);
    frame[6] = 2;
    frame[12] = 8;
    unsigned char *ip = frame + 14;
    ip[0] = 0x45;
    put16(ip + 2, bytes - 14);
    ip[8] = 64;
    ip[9] = 17;
    put16(ip + 24, bytes - 34);
}

// The flow's number goes into both addresses and a port.
static void address(unsigned char *frame, unsigned flow) {
    unsigned char *ip = frame + 14;
    unsigned source = htonl(0x0a000000u | (flow & 0xffff)), destination = htonl(0x0a800000u | (flow >> 8 & 0xffff));
    memcpy(ip + 12, &source, 4);
    memcpy(ip + 16, &destination, 4);
    put16(ip + 20, 1024 + flow % 60000);
    put16(ip + 22, 9);
}

// Sleeps until so many packets have had their time at this rate.
static void wait_for_turn(struct timespec begin, long sent, long rate) {
    struct timespec due = {begin.tv_sec + sent / rate, begin.tv_nsec + sent % rate * 1000000000 / rate};
    if (due.tv_nsec >= 1000000000) {
        due.tv_nsec -= 1000000000;
        due.tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

int main(int count, char **words) {
    if (count < 5 || count > 7) {
        fprintf(stderr, "usage: flood INTERFACE PACKETS BYTES FLOWS [FIRST [RATE]]\n");
        return 64;
    }
    long packets = atol(words[2]), sent = 0;
    int bytes = atoi(words[3]);
    unsigned flows = (unsigned)atol(words[4]), flow = 0;
    unsigned first = count > 5 ? (unsigned)atol(words[5]) : 0;
    long rate = count > 6 ? atol(words[6]) : 0;
    if (packets < 1 || bytes < SMALLEST || bytes > LARGEST || flows < 1) {
        fprintf(stderr, "flood: packets and flows from 1, bytes from %d to %d\n", SMALLEST, LARGEST);
        return 64;
    }
    int socket_ = socket(AF_PACKET, SOCK_RAW, 0);
    struct sockaddr_ll place = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(words[1])};
    if (socket_ < 0 || !place.sll_ifindex || bind(socket_, (struct sockaddr *)&place, sizeof place)) {
        perror(words[1]);
        return 1;
    }
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
        make(frames[i], bytes);
        parts[i] = (struct iovec){frames[i], (size_t)bytes};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    while (sent < packets) {
        if (rate > 0) wait_for_turn(begin, sent, rate);
        int batch = packets - sent < BATCH ? (int)(packets - sent) : BATCH;
        for (int i = 0; i < batch; i++) {
            address(frames[i], first + flow);
            flow = flow + 1 == flows ? 0 : flow + 1;
        }
        for (int done = 0; done < batch;) {
            int taken = sendmmsg(socket_, messages + done, (unsigned)(batch - done), 0);
            if (taken > 0) {
                done += taken;
                sent += taken;
            } else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN) {
                perror("sendmmsg");
                return 1;
            }
        }
    }
    printf("%ld\n", sent);
    return 0;
}
