/* SNMP agents for benchmarks: one process that answers for every address that is asked of it.
 *
 *   agents PORT PROCESSES
 *
 * Answers GET, GETNEXT and GETBULK over v2c (any community) and v3 (user "bench", HMAC-SHA-1-96 and AES-128 by one
 * password, RFC 3414 and 3826) from a static MIB: the system group, 48 interfaces with all columns of ifTable and
 * ifXTable, ifTableLastChange, snmpEngineTime. sysUpTime and the octet counters run. Each address is an engine of its
 * own. The answer leaves from the address that was asked (IP_PKTINFO). Ends with its parent.
 */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED
#include <netinet/in.h>
#include <openssl/aes.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

enum { SLOTS = 64, LARGEST = 2048, BODY = 1300, INTERFACES = 48, SUBS = 32 };
enum { INTEGER = 2, OCTETS = 4, OID = 6, SEQ = 0x30, IPADDRESS = 0x40, COUNTER = 0x41, GAUGE = 0x42, TICKS = 0x43,
       COUNTER64 = 0x46, NO_INSTANCE = 0x81, END_OF_VIEW = 0x82 };
enum { GET = 0xA0, NEXT = 0xA1, RESPONSE = 0xA2, BULK = 0xA5, REPORT = 0xA8 };
enum { FIXED, RUNNING_TICKS, RUNNING_OCTETS, RUNNING_SECONDS };

static const char PASSWORD[] = "benchbench";
static const char USER[] = "bench";

/* ---- the MIB ---- */

typedef struct {
    u32 oid[SUBS];
    int subs, name_bytes, value_bytes, running;
    u64 start, rate; /* of what runs, a second */
    u8 name[48], value[80]; /* encoded, with tag and length */
} Object;

static Object mib[4096];
static int objects;
static struct timespec begun;

static double running_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun.tv_sec) + (double)(now.tv_nsec - begun.tv_nsec) / 1e9;
}

static int put_header(u8 *out, u8 tag, int size) {
    out[0] = tag;
    if (size < 128) return out[1] = (u8)size, 2;
    if (size < 256) return out[1] = 0x81, out[2] = (u8)size, 3;
    return out[1] = 0x82, out[2] = (u8)(size >> 8), out[3] = (u8)size, 4;
}

static int put_number(u8 *out, u8 tag, u64 number) {
    u8 digits[10];
    int count = 0;
    do digits[count++] = (u8)number; while (number >>= 8);
    if (digits[count - 1] & 0x80) digits[count++] = 0;
    int at = put_header(out, tag, count);
    while (count) out[at++] = digits[--count];
    return at;
}

static int put_octets(u8 *out, u8 tag, const void *octets, int size) {
    int at = put_header(out, tag, size);
    memcpy(out + at, octets, (size_t)size);
    return at + size;
}

static int put_name(u8 *out, const u32 *oid, int subs) {
    u8 body[5 * SUBS];
    int size = 0;
    body[size++] = (u8)(oid[0] * 40 + oid[1]);
    for (int n = 2; n < subs; n++) {
        for (int shift = 28; shift; shift -= 7)
            if (oid[n] >> shift) body[size++] = (u8)(0x80 | (oid[n] >> shift & 0x7F));
        body[size++] = oid[n] & 0x7F;
    }
    return put_octets(out, OID, body, size);
}

static Object *object(const char *dotted, int index) {
    Object *made = &mib[objects++];
    for (const char *at = dotted; *at; at += *at == '.') made->oid[made->subs++] = (u32)strtoul(at, (char **)&at, 10);
    made->oid[made->subs++] = (u32)index;
    made->name_bytes = put_name(made->name, made->oid, made->subs);
    return made;
}

static void number(const char *dotted, int index, u8 tag, u64 value) {
    Object *made = object(dotted, index);
    made->value_bytes = put_number(made->value, tag, value);
}

static void text(const char *dotted, int index, const char *value) {
    Object *made = object(dotted, index);
    made->value_bytes = put_octets(made->value, OCTETS, value, (int)strlen(value));
}

static void running(const char *dotted, int index, int kind, u64 start, u64 rate) {
    Object *made = object(dotted, index);
    made->running = kind, made->start = start, made->rate = rate;
}

static void column(const char *table, int column, int index, u8 tag, u64 value) {
    char name[64];
    snprintf(name, sizeof name, "%s.%d", table, column);
    number(name, index, tag, value);
}

static void interface(int index) {
    static const char TABLE[] = "1.3.6.1.2.1.2.2.1", MORE[] = "1.3.6.1.2.1.31.1.1.1";
    char name[32];
    const u8 mac[6] = {2, 0, 0, 0, 0, (u8)index};
    snprintf(name, sizeof name, "ge-0/0/%d", index);
    column(TABLE, 1, index, INTEGER, (u64)index);
    text("1.3.6.1.2.1.2.2.1.2", index, name);
    column(TABLE, 3, index, INTEGER, 6);
    column(TABLE, 4, index, INTEGER, 1514);
    column(TABLE, 5, index, GAUGE, 1000000000);
    Object *address = object("1.3.6.1.2.1.2.2.1.6", index);
    address->value_bytes = put_octets(address->value, OCTETS, mac, 6);
    column(TABLE, 7, index, INTEGER, 1);
    column(TABLE, 8, index, INTEGER, 1);
    column(TABLE, 9, index, TICKS, 4711);
    for (int n = 10; n <= 20; n++) column(TABLE, n, index, COUNTER, (u64)(n == 10 || n == 16 ? 123456789 : n < 14 ? 7 : 0));
    column(TABLE, 21, index, GAUGE, 0);
    text("1.3.6.1.2.1.31.1.1.1.1", index, name);
    for (int n = 2; n <= 5; n++) column(MORE, n, index, COUNTER, 1000);
    running("1.3.6.1.2.1.31.1.1.1.6", index, RUNNING_OCTETS, 1000000000000u, 2000000u * (u64)index);
    for (int n = 7; n <= 9; n++) column(MORE, n, index, COUNTER64, 5000000000u);
    running("1.3.6.1.2.1.31.1.1.1.10", index, RUNNING_OCTETS, 2000000000000u, 1000000u * (u64)index);
    for (int n = 11; n <= 13; n++) column(MORE, n, index, COUNTER64, 5000000000u);
    column(MORE, 14, index, INTEGER, 1);
    column(MORE, 15, index, GAUGE, 1000);
    column(MORE, 16, index, INTEGER, 2);
    column(MORE, 17, index, INTEGER, 1);
    text("1.3.6.1.2.1.31.1.1.1.18", index, index < 5 ? "trunk" : "");
    column(MORE, 19, index, TICKS, 0);
}

static int compare_names(const u32 *a, int a_subs, const u32 *b, int b_subs) {
    for (int n = 0; n < a_subs && n < b_subs; n++)
        if (a[n] != b[n]) return a[n] < b[n] ? -1 : 1;
    return a_subs - b_subs;
}

static int compare(const void *a, const void *b) {
    const Object *one = a, *other = b;
    return compare_names(one->oid, one->subs, other->oid, other->subs);
}

static void fill(void) {
    static const u32 ours[] = {1, 3, 6, 1, 4, 1, 32473, 1};
    clock_gettime(CLOCK_MONOTONIC, &begun);
    text("1.3.6.1.2.1.1.1", 0, "invented router for benchmarks");
    Object *kind = object("1.3.6.1.2.1.1.2", 0);
    kind->value_bytes = put_name(kind->value, ours, 8);
    running("1.3.6.1.2.1.1.3", 0, RUNNING_TICKS, 8640000, 100);
    text("1.3.6.1.2.1.1.4", 0, "noc@example.net");
    text("1.3.6.1.2.1.1.5", 0, "router.example.net");
    text("1.3.6.1.2.1.1.6", 0, "nowhere");
    number("1.3.6.1.2.1.1.7", 0, INTEGER, 78);
    number("1.3.6.1.2.1.2.1", 0, INTEGER, INTERFACES);
    for (int index = 1; index <= INTERFACES; index++) interface(index);
    number("1.3.6.1.2.1.31.1.5", 0, TICKS, 4711);
    number("1.3.6.1.6.3.10.2.1.2", 0, INTEGER, 1);
    running("1.3.6.1.6.3.10.2.1.3", 0, RUNNING_SECONDS, 86400, 1);
    number("1.3.6.1.6.3.10.2.1.4", 0, INTEGER, 1500);
    qsort(mib, (size_t)objects, sizeof *mib, compare);
}

static int find(const u32 *oid, int subs) { /* the first object that is not before it */
    int low = 0, high = objects;
    while (low < high) {
        int middle = (low + high) / 2;
        if (compare_names(mib[middle].oid, mib[middle].subs, oid, subs) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* ---- reading ---- */

typedef struct { const u8 *at, *end; } Span;

static int enter(Span *in, int tag, Span *out) { /* the next element, which must have this tag (0 = any) */
    if (in->end - in->at < 2 || (tag && in->at[0] != tag)) return -1;
    int found = in->at[0], size = in->at[1];
    const u8 *at = in->at + 2;
    if (size & 0x80) {
        int count = size & 0x7F;
        if (count > 3 || in->end - at < count) return -1;
        for (size = 0; count; count--) size = size << 8 | *at++;
    }
    if (in->end - at < size) return -1;
    out->at = at, out->end = in->at = at + size;
    return found;
}

static int integer(Span *in, long *value) {
    Span body;
    if (enter(in, INTEGER, &body) < 0 || body.at == body.end) return -1;
    *value = (int8_t)*body.at++;
    while (body.at < body.end) *value = *value << 8 | *body.at++;
    return 0;
}

static int name(Span *in, u32 *oid) {
    Span body;
    if (enter(in, OID, &body) < 0 || body.at == body.end) return -1;
    int subs = 2;
    oid[0] = *body.at / 40, oid[1] = *body.at++ % 40;
    while (body.at < body.end) {
        u32 sub = 0;
        do sub = sub << 7 | (*body.at & 0x7F); while (*body.at++ & 0x80 && body.at < body.end);
        if (subs == SUBS) return -1;
        oid[subs++] = sub;
    }
    return subs;
}

/* ---- answering ---- */

static int put_value(u8 *out, const Object *found) {
    double s;
    switch (found->running) {
    case RUNNING_TICKS: s = running_s(); return put_number(out, TICKS, found->start + (u64)(s * (double)found->rate));
    case RUNNING_OCTETS: s = running_s(); return put_number(out, COUNTER64, found->start + (u64)(s * (double)found->rate));
    case RUNNING_SECONDS: s = running_s(); return put_number(out, INTEGER, found->start + (u64)s);
    default: memcpy(out, found->value, (size_t)found->value_bytes); return found->value_bytes;
    }
}

static int bound(u8 *out, const Object *found) { /* one variable binding with its value */
    u8 body[160];
    memcpy(body, found->name, (size_t)found->name_bytes);
    int size = found->name_bytes + put_value(body + found->name_bytes, found);
    return put_octets(out, SEQ, body, size);
}

static int bind_none(u8 *out, const u32 *oid, int subs, u8 tag) {
    u8 body[5 * SUBS + 8];
    int size = put_name(body, oid, subs);
    body[size++] = tag, body[size++] = 0;
    return put_octets(out, SEQ, body, size);
}

static int next_of(u8 *out, u32 *oid, int *subs) { /* the object after `oid`, which moves there */
    int place = find(oid, *subs);
    if (place < objects && !compare_names(mib[place].oid, mib[place].subs, oid, *subs)) place++;
    if (place == objects) return bind_none(out, oid, *subs, END_OF_VIEW);
    *subs = mib[place].subs;
    memcpy(oid, mib[place].oid, sizeof mib[place].oid);
    return bound(out, &mib[place]);
}

static int answer(Span pdu, int kind, u8 *out) { /* the response to a PDU's content; its size, 0 = none */
    static u8 body[LARGEST];
    static u32 oids[64][SUBS];
    int subs[64], asked = 0, size = 0;
    long id, first, second;
    Span list, entry;
    if (integer(&pdu, &id) || integer(&pdu, &first) || integer(&pdu, &second) || enter(&pdu, SEQ, &list) < 0) return 0;
    for (; list.at < list.end; asked++)
        if (asked == 64 || enter(&list, SEQ, &entry) < 0 || (subs[asked] = name(&entry, oids[asked])) < 0) return 0;
    for (int n = 0; n < asked && size < BODY; n++) {
        int place = find(oids[n], subs[n]);
        int held = place < objects && !compare_names(mib[place].oid, mib[place].subs, oids[n], subs[n]);
        if (kind == GET) size += held ? bound(body + size, &mib[place]) : bind_none(body + size, oids[n], subs[n], NO_INSTANCE);
        else if (kind == NEXT || n < first) size += next_of(body + size, oids[n], &subs[n]);
    }
    if (kind == BULK)
        for (long row = 0; row < second && size < BODY; row++)
            for (int n = (int)first; n < asked && size < BODY; n++) size += next_of(body + size, oids[n], &subs[n]);
    u8 head[32];
    int head_size = put_header(head, INTEGER, 4);
    for (int shift = 24; shift >= 0; shift -= 8) head[head_size++] = (u8)(id >> shift);
    head_size += put_number(head + head_size, INTEGER, 0);
    head_size += put_number(head + head_size, INTEGER, 0);
    head_size += put_header(head + head_size, SEQ, size);
    int at = put_header(out, RESPONSE, head_size + size);
    memcpy(out + at, head, (size_t)head_size), at += head_size;
    memcpy(out + at, body, (size_t)size);
    return at + size;
}

static int answer_v2c(Span message, u8 *out) {
    static u8 pdu[LARGEST];
    Span community, asked;
    if (enter(&message, OCTETS, &community) < 0) return 0;
    int kind = enter(&message, 0, &asked), size = 0;
    if ((kind != GET && kind != NEXT && kind != BULK) || !(size = answer(asked, kind, pdu))) return 0;
    u8 head[300];
    int at = put_number(head, INTEGER, 1);
    at += put_octets(head + at, OCTETS, community.at, (int)(community.end - community.at));
    int front = put_header(out, SEQ, at + size);
    memcpy(out + front, head, (size_t)at);
    memcpy(out + front + at, pdu, (size_t)size);
    return front + at + size;
}

/* ---- v3. Source: RFC 3412, 3414, 3826 ---- */

static u8 password_key[20];

static void make_password_key(void) {
    SHA_CTX sha;
    SHA1_Init(&sha);
    char block[64];
    for (int at = 0; at < 1048576; at += 64) {
        for (int n = 0; n < 64; n++) block[n] = PASSWORD[(size_t)(at + n) % (sizeof PASSWORD - 1)];
        SHA1_Update(&sha, block, 64);
    }
    SHA1_Final(password_key, &sha);
}

static void localise(const u8 *engine, int size, u8 *key) {
    SHA_CTX sha;
    SHA1_Init(&sha);
    SHA1_Update(&sha, password_key, 20);
    SHA1_Update(&sha, engine, (size_t)size);
    SHA1_Update(&sha, password_key, 20);
    SHA1_Final(key, &sha);
}

static void sign(const u8 *key, const u8 *message, int size, u8 *tag) {
    u8 pad[64], digest[20];
    SHA_CTX sha;
    for (int n = 0; n < 64; n++) pad[n] = (n < 20 ? key[n] : 0) ^ 0x36;
    SHA1_Init(&sha), SHA1_Update(&sha, pad, 64), SHA1_Update(&sha, message, (size_t)size), SHA1_Final(digest, &sha);
    for (int n = 0; n < 64; n++) pad[n] ^= 0x36 ^ 0x5C;
    SHA1_Init(&sha), SHA1_Update(&sha, pad, 64), SHA1_Update(&sha, digest, 20), SHA1_Final(digest, &sha);
    memcpy(tag, digest, 12);
}

static void cipher(const u8 *key, u32 boots, u32 seconds, const u8 *salt, const u8 *in, u8 *out, int size, int mode) {
    AES_KEY schedule;
    u8 iv[16] = {(u8)(boots >> 24), (u8)(boots >> 16), (u8)(boots >> 8), (u8)boots, (u8)(seconds >> 24),
                 (u8)(seconds >> 16), (u8)(seconds >> 8), (u8)seconds};
    int used = 0;
    memcpy(iv + 8, salt, 8);
    AES_set_encrypt_key(key, 128, &schedule);
    AES_cfb128_encrypt(in, out, (size_t)size, &schedule, iv, &used, mode);
}

static int scoped(u8 *out, const u8 *engine, const u8 *pdu, int size) {
    u8 head[32];
    int at = put_octets(head, OCTETS, engine, 9);
    at += put_octets(head + at, OCTETS, "", 0);
    int front = put_header(out, SEQ, at + size);
    memcpy(out + front, head, (size_t)at);
    memcpy(out + front + at, pdu, (size_t)size);
    return front + at + size;
}

static int report(long id, u8 *out, u32 which) { /* a Report PDU about one of usmStats' counters */
    u32 oid[] = {1, 3, 6, 1, 6, 3, 15, 1, 1, which, 0};
    u8 entry[64], bound[64], body[128];
    int size = put_name(entry, oid, 11);
    size += put_number(entry + size, COUNTER, 1);
    size = put_octets(bound, SEQ, entry, size);
    int at = put_number(body, INTEGER, (u64)(id < 0 ? 0 : id));
    at += put_number(body + at, INTEGER, 0);
    at += put_number(body + at, INTEGER, 0);
    at += put_octets(body + at, SEQ, bound, size);
    return put_octets(out, REPORT, body, at);
}

/* A whole message. `flags`: 0 = neither signed nor private, 1 = signed, 3 = both. */
static int seal(u8 *out, long message_id, int flags, const u8 *engine, const u8 *key, const u8 *content, int size) {
    static u64 salts;
    static u8 hidden[LARGEST], body[LARGEST];
    u8 usm[128], global[64], salt[8];
    u32 seconds = 86400 + (u32)running_s();
    int at = put_number(global, INTEGER, (u64)message_id);
    at += put_number(global + at, INTEGER, 65507);
    u8 flag = (u8)flags;
    at += put_octets(global + at, OCTETS, &flag, 1);
    at += put_number(global + at, INTEGER, 3);
    int body_size = put_number(body, INTEGER, 3);
    body_size += put_octets(body + body_size, SEQ, global, at);
    at = put_octets(usm, OCTETS, engine, 9);
    at += put_number(usm + at, INTEGER, 1);
    at += put_number(usm + at, INTEGER, seconds);
    at += put_octets(usm + at, OCTETS, flags ? USER : "", flags ? (int)sizeof USER - 1 : 0);
    u8 nothing[12] = {0};
    int tag_in_usm = at + 2;
    at += put_octets(usm + at, OCTETS, nothing, flags ? 12 : 0);
    salts++;
    memcpy(salt, &salts, 8);
    at += put_octets(usm + at, OCTETS, salt, flags & 2 ? 8 : 0);
    u8 wrapped[512];
    int front = put_header(wrapped, SEQ, at);
    memcpy(wrapped + front, usm, (size_t)at);
    int tag_at = body_size + 2 + front + tag_in_usm; /* the wrapped parameters are shorter than 128 bytes */
    body_size += put_octets(body + body_size, OCTETS, wrapped, front + at);
    if (flags & 2) {
        cipher(key, 1, seconds, salt, content, hidden, size, AES_ENCRYPT);
        body_size += put_octets(body + body_size, OCTETS, hidden, size);
    } else {
        memcpy(body + body_size, content, (size_t)size), body_size += size;
    }
    int begin = put_header(out, SEQ, body_size);
    memcpy(out + begin, body, (size_t)body_size);
    if (flags) {
        u8 tag[12];
        sign(key, out, begin + body_size, tag);
        memcpy(out + begin + tag_at, tag, 12);
    }
    return begin + body_size;
}

static int answer_v3(Span message, const u8 *whole, int whole_size, const struct in_addr *own, u8 *out) {
    static u8 plain[LARGEST], copy[LARGEST], pdu[LARGEST], content[LARGEST];
    u8 engine[9] = {0x80, 0, 0x7E, 0xD9, 1}, key[20], tag[12];
    memcpy(engine + 5, own, 4);
    Span global, flags, usm, fields, their_engine, user, their_tag, salt, asked, inner, context;
    long message_id, largest, boots, seconds;
    if (enter(&message, SEQ, &global) < 0 || integer(&global, &message_id) || integer(&global, &largest)) return 0;
    if (enter(&global, OCTETS, &flags) < 0 || flags.at == flags.end || enter(&message, OCTETS, &usm) < 0) return 0;
    if (enter(&usm, SEQ, &fields) < 0 || enter(&fields, OCTETS, &their_engine) < 0) return 0;
    if (integer(&fields, &boots) || integer(&fields, &seconds) || enter(&fields, OCTETS, &user) < 0) return 0;
    if (enter(&fields, OCTETS, &their_tag) < 0 || enter(&fields, OCTETS, &salt) < 0) return 0;
    int level = *flags.at & 3;
    if (their_engine.end - their_engine.at != 9 || memcmp(their_engine.at, engine, 9)) {
        int size = report(0, pdu, 4); /* usmStatsUnknownEngineIDs */
        return seal(out, message_id, 0, engine, 0, content, scoped(content, engine, pdu, size));
    }
    if (level == 0 || user.end - user.at != sizeof USER - 1 || memcmp(user.at, USER, sizeof USER - 1)) {
        int size = report(0, pdu, level ? 3 : 1); /* unknown user names, or unsupported level */
        return seal(out, message_id, 0, engine, 0, content, scoped(content, engine, pdu, size));
    }
    localise(engine, 9, key);
    if (their_tag.end - their_tag.at != 12 || whole_size > LARGEST) return 0;
    memcpy(copy, whole, (size_t)whole_size);
    memset(copy + (their_tag.at - whole), 0, 12);
    sign(key, copy, whole_size, tag);
    if (memcmp(tag, their_tag.at, 12)) {
        int size = report(0, pdu, 5); /* wrong digests */
        return seal(out, message_id, 0, engine, 0, content, scoped(content, engine, pdu, size));
    }
    if (boots != 1 || labs(seconds - 86400 - (long)running_s()) > 150) {
        int size = report(0, pdu, 2); /* not in time windows */
        return seal(out, message_id, 1, engine, key, content, scoped(content, engine, pdu, size));
    }
    if (level & 2) {
        Span hidden;
        if (enter(&message, OCTETS, &hidden) < 0 || salt.end - salt.at != 8) return 0;
        cipher(key, (u32)boots, (u32)seconds, salt.at, hidden.at, plain, (int)(hidden.end - hidden.at), AES_DECRYPT);
        message.at = plain, message.end = plain + (hidden.end - hidden.at);
    }
    if (enter(&message, SEQ, &inner) < 0 || enter(&inner, OCTETS, &context) < 0) return 0;
    if (enter(&inner, OCTETS, &context) < 0) return 0;
    int kind = enter(&inner, 0, &asked), size = 0;
    if ((kind != GET && kind != NEXT && kind != BULK) || !(size = answer(asked, kind, pdu))) return 0;
    return seal(out, message_id, level, engine, key, content, scoped(content, engine, pdu, size));
}

/* ---- the socket ---- */

static u8 in[SLOTS][LARGEST], out[SLOTS][LARGEST], control[SLOTS][64], reply_control[SLOTS][64];
static struct sockaddr_in peers[SLOTS];
static struct mmsghdr asked[SLOTS], told[SLOTS];
static struct iovec in_parts[SLOTS], out_parts[SLOTS];

static int prepare(int slot, int at) { /* the answer to what is in `slot`, as number `at` to be sent */
    struct cmsghdr *info = CMSG_FIRSTHDR(&asked[slot].msg_hdr);
    if (!info || info->cmsg_type != IP_PKTINFO) return 0;
    struct in_addr own = ((struct in_pktinfo *)CMSG_DATA(info))->ipi_addr;
    Span whole = {in[slot], in[slot] + asked[slot].msg_len}, message;
    long version;
    if (enter(&whole, SEQ, &message) < 0 || integer(&message, &version)) return 0;
    int size = version == 3 ? answer_v3(message, in[slot], (int)asked[slot].msg_len, &own, out[at])
             : version == 1 ? answer_v2c(message, out[at]) : 0;
    if (!size) return 0;
    out_parts[at] = (struct iovec){out[at], (size_t)size};
    told[at].msg_hdr = (struct msghdr){.msg_name = &peers[slot], .msg_namelen = sizeof peers[slot],
                                       .msg_iov = &out_parts[at], .msg_iovlen = 1, .msg_control = reply_control[at],
                                       .msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo))};
    struct cmsghdr *from = CMSG_FIRSTHDR(&told[at].msg_hdr);
    from->cmsg_level = IPPROTO_IP, from->cmsg_type = IP_PKTINFO, from->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
    *(struct in_pktinfo *)CMSG_DATA(from) = (struct in_pktinfo){.ipi_spec_dst = own};
    return 1;
}

static void serve(int door) {
    for (;;) {
        for (int n = 0; n < SLOTS; n++) {
            in_parts[n] = (struct iovec){in[n], LARGEST};
            asked[n].msg_hdr = (struct msghdr){.msg_name = &peers[n], .msg_namelen = sizeof peers[n],
                                               .msg_iov = &in_parts[n], .msg_iovlen = 1, .msg_control = control[n],
                                               .msg_controllen = sizeof control[n]};
        }
        int got = recvmmsg(door, asked, SLOTS, MSG_WAITFORONE, NULL), ready = 0;
        for (int n = 0; n < got; n++) ready += prepare(n, ready);
        for (int sent = 0, n; sent < ready; sent += n)
            if ((n = sendmmsg(door, told + sent, (unsigned)(ready - sent), 0)) <= 0) n = 1;
    }
}

int main(int count, char **words) {
    if (count != 3) return fprintf(stderr, "agents PORT PROCESSES\n"), 2;
    int door = socket(AF_INET, SOCK_DGRAM, 0), on = 1, buffer = 32 << 20;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    setsockopt(door, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(door, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    if (bind(door, (struct sockaddr *)&place, sizeof place)) return perror("bind"), 1;
    fill();
    make_password_key();
    puts("ready"), fflush(stdout);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int others = atoi(words[2]) - 1; others > 0; others--)
        if (!fork()) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            break;
        }
    serve(door);
}
