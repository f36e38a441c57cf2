/* Hosts that are 10 ms away, for benchmarks: the far side of a tun device.
 *
 *   distant DEVICE DELAY_US SHARE
 *
 * Makes the tun device, and answers each echo request that is sent into it exactly DELAY_US after it was read. Of the
 * hosts 10.1.0.1 to 10.1.0.250, 10.1.1.1 and so on, each SHARE-th is silent; none with 0. Ends with its parent, or at SIGTERM:
 * then it says what 95 % of its replies were held at most, in microseconds. It runs before all else (SCHED_FIFO) where
 * that is allowed, since a busy machine would wake it up late.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { RING = 1 << 16, LARGEST = 256, BUSY_NS = 60000, HELD = 1 << 18 };

static struct { int64_t due_ns; int size; uint8_t packet[LARGEST]; } ring[RING];
static unsigned head, tail;
static uint32_t held_us[HELD];
static unsigned replies;
static volatile sig_atomic_t over;

static void end(int number) {
    (void)number;
    over = 1;
}

static int by_size(const void *a, const void *b) {
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static uint16_t sum(const uint8_t *at, int size) { /* RFC 1071 */
    uint32_t total = 0;
    for (int n = 0; n + 1 < size; n += 2) total += (uint32_t)(at[n] << 8 | at[n + 1]);
    if (size & 1) total += (uint32_t)(at[size - 1] << 8);
    while (total >> 16) total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)~total;
}

static int turn(uint8_t *packet, int size, int share) { /* a request into its reply; 0 = it gets none */
    if (size < 28 || packet[0] != 0x45 || packet[9] != 1 || packet[20] != 8) return 0;
    if (share && (packet[18] * 250 + packet[19] - 1) % share == share - 1) return 0;
    uint8_t asked[4];
    memcpy(asked, packet + 16, 4);
    memcpy(packet + 16, packet + 12, 4);
    memcpy(packet + 12, asked, 4); /* the sum of the IP header stays the same */
    packet[20] = packet[22] = packet[23] = 0;
    uint16_t check = sum(packet + 20, size - 20);
    packet[22] = (uint8_t)(check >> 8), packet[23] = (uint8_t)check;
    return 1;
}

int main(int count, char **words) {
    if (count != 4) return fprintf(stderr, "distant DEVICE DELAY_US SHARE\n"), 2;
    struct ifreq wanted = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int64_t delay_ns = atoll(words[2]) * 1000;
    int share = atoi(words[3]), door = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    strncpy(wanted.ifr_name, words[1], IFNAMSIZ - 1);
    if (door < 0 || ioctl(door, TUNSETIFF, &wanted) < 0) return perror("tun"), 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 1UL);
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
    signal(SIGTERM, end);
    puts("ready"), fflush(stdout);
    while (!over) {
        int64_t now = now_ns();
        for (; tail != head && ring[tail % RING].due_ns <= now; tail++) {
            if (write(door, ring[tail % RING].packet, (size_t)ring[tail % RING].size) < 0) break;
            held_us[replies++ % HELD] = (uint32_t)((now_ns() - ring[tail % RING].due_ns + delay_ns) / 1000);
        }
        for (int size; head - tail < RING && (size = (int)read(door, ring[head % RING].packet, LARGEST)) > 0;) {
            ring[head % RING].due_ns = now_ns() + delay_ns;
            ring[head % RING].size = size;
            if (turn(ring[head % RING].packet, size, share)) head++;
        }
        int64_t left = tail == head ? 1000000000 : ring[tail % RING].due_ns - now_ns();
        if (left <= BUSY_NS) continue; /* waking up takes about that long: look again at once */
        left -= BUSY_NS;
        struct timespec most = {left / 1000000000, left % 1000000000};
        struct pollfd wait = {door, POLLIN, 0};
        ppoll(&wait, 1, &most, NULL);
    }
    unsigned known = replies < HELD ? replies : HELD;
    qsort(held_us, known, sizeof *held_us, by_size);
    printf("%u\n", known ? held_us[known * 95 / 100] : 0);
}
