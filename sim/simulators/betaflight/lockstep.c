/* Betaflight's SITL on a clock that its packets wind up: preloaded, it makes a flight repeatable.
 *
 * The firmware's main thread sees a clock of its own that goes on by a microsecond whenever it is
 * read and by what it sleeps. Once that clock has reached the time stamp of the newest state that
 * was taken in, the thread stands still in its sleep. States and sticks come in pairs, and are
 * handed over only while it stands; that it stands again is told in a datagram of eight bytes, the
 * time in nanoseconds, where the motors are told. LOCKSTEP_OFFSET is added to every port, so that several
 * firmwares can fly beside each other.
 *
 * cc -shared -fPIC -o lockstep.so lockstep.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOTOR_PORT = 9002, STATE_PORT = 9003, STICKS_PORT = 9004, TICK_NS = 1000, SOURCES = 2 };

static const int64_t SECOND_NS = 1000000000, BOOT_NS = 1000000000;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_t firmware;
static int64_t now_ns, granted_ns = BOOT_NS, given_ns[SOURCES], taken_ns[SOURCES];
static int sockets[SOURCES] = {-1, -1}, offset;
static int told = 1, teller = -1;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("LOCKSTEP_OFFSET");
    offset = text == NULL ? 0 : atoi(text);
    firmware = pthread_self();
    setvbuf(stdout, NULL, _IOLBF, 0); /* what it says is read while it runs */
}

static int source_of(int socket) {
    for (int i = 0; i < SOURCES; i++)
        if (sockets[i] == socket) return i;
    return -1;
}

static struct sockaddr_in moved(const struct sockaddr *address) {
    struct sockaddr_in copy = *(const struct sockaddr_in *)address;
    copy.sin_port = htons(ntohs(copy.sin_port) + offset);
    return copy;
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
    int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
    if (address->sa_family != AF_INET) return real(socket, address, length);
    const int port = ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (port == STATE_PORT || port == STICKS_PORT) sockets[port - STATE_PORT] = socket;
    struct sockaddr_in there = moved(address);
    return real(socket, (struct sockaddr *)&there, sizeof there);
}

ssize_t sendto(int socket, const void *data, size_t size, int flags,
               const struct sockaddr *address, socklen_t length) {
    ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
        dlsym(RTLD_NEXT, "sendto");
    if (address == NULL || address->sa_family != AF_INET)
        return real(socket, data, size, flags, address, length);
    struct sockaddr_in there = moved(address);
    return real(socket, data, size, flags, (struct sockaddr *)&there, sizeof there);
}

/* Called with the mutex held: says once a grant that the firmware's time has come to its end. */
static void tell(void) {
    if (told || now_ns < granted_ns) return;
    told = 1;
    if (teller < 0) teller = socket(AF_INET, SOCK_DGRAM, 0);
    const struct sockaddr_in motors = {.sin_family = AF_INET,
                                       .sin_port = htons(MOTOR_PORT),
                                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int64_t time_ns = granted_ns - BOOT_NS;
    sendto(teller, &time_ns, sizeof time_ns, 0, (const struct sockaddr *)&motors, sizeof motors);
    pthread_cond_broadcast(&changed);
}

/* Once both of a pair have been taken in, their threads ask for more: time may go on to its stamp. */
static void grant(int source) {
    pthread_mutex_lock(&mutex);
    taken_ns[source] = given_ns[source];
    const int64_t both_ns = BOOT_NS + (taken_ns[0] < taken_ns[1] ? taken_ns[0] : taken_ns[1]);
    if (both_ns > granted_ns) {
        granted_ns = both_ns;
        told = 0;
        tell();
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&mutex);
}

int select(int count, fd_set *reading, fd_set *writing, fd_set *failing, struct timeval *wait) {
    int (*real)(int, fd_set *, fd_set *, fd_set *, struct timeval *) = dlsym(RTLD_NEXT, "select");
    const int source = source_of(count - 1);
    if (source >= 0) grant(source);
    return real(count, reading, writing, failing, wait);
}

ssize_t recvfrom(int socket, void *data, size_t size, int flags, struct sockaddr *address,
                 socklen_t *length) {
    ssize_t (*real)(int, void *, size_t, int, struct sockaddr *, socklen_t *) =
        dlsym(RTLD_NEXT, "recvfrom");
    const ssize_t got = real(socket, data, size, flags, address, length);
    const int source = source_of(socket);
    if (source < 0 || got < (ssize_t)sizeof(double)) return got;
    double stamp_s;
    memcpy(&stamp_s, data, sizeof stamp_s);
    pthread_mutex_lock(&mutex);
    while (now_ns < granted_ns) pthread_cond_wait(&changed, &mutex);
    given_ns[source] = (int64_t)(stamp_s * SECOND_NS + 0.5);
    pthread_mutex_unlock(&mutex);
    return got;
}

int clock_gettime(clockid_t id, struct timespec *time) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    if (id != CLOCK_MONOTONIC) return real(id, time);
    pthread_mutex_lock(&mutex);
    int64_t ns = granted_ns;
    if (pthread_equal(pthread_self(), firmware)) ns = now_ns += TICK_NS;
    pthread_mutex_unlock(&mutex);
    time->tv_sec = ns / SECOND_NS;
    time->tv_nsec = ns % SECOND_NS;
    return 0;
}

int nanosleep(const struct timespec *wanted, struct timespec *left) {
    int (*real)(const struct timespec *, struct timespec *) = dlsym(RTLD_NEXT, "nanosleep");
    if (!pthread_equal(pthread_self(), firmware)) return real(wanted, left);
    pthread_mutex_lock(&mutex);
    now_ns += wanted->tv_sec * SECOND_NS + wanted->tv_nsec;
    tell();
    if (now_ns >= granted_ns) pthread_cond_broadcast(&changed); /* the first time, told already */
    while (now_ns >= granted_ns) pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    return 0;
}
