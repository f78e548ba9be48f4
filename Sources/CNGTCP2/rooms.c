#include "support.h"

#ifdef CNGTCP2_PRESENT
#include "connection.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Memory for the library's pools. It takes 4 to 12 KB at a time for objects of one kind, from the front on, and a quiet connection has use for one
// of 8, or for a few of 64. From malloc such blocks come with what others have left in them, and are all in memory. Here each begins at a page, and
// the pages behind that are not there before they are written to. What a crowd has had goes back to the system when it leaves.

/// Where the system's pages are larger, there are no rooms: to give one back, whose size the system rounds up, would take others with it.
#define PAGE 4096
/// Blocks have 2 to so many pages.
#define PAGES_MOST 3
/// Of the memory that is asked of the system at a time, bytes.
static const size_t region_size = 4 << 20;
/// Free blocks of one size whose pages are kept, for the next.
static const size_t warm_most = 64;

/// Free blocks.
struct stack {
    void **blocks;
    size_t count;
    size_t room;
};

/// All blocks of one size, of all threads.
struct rooms {
    pthread_mutex_t lock;
    /// Free, with the pages that were written to.
    struct stack warm;
    /// Free, and without any page.
    struct stack cold;
    /// Never used: what is left of the last region.
    uint8_t *fresh;
    size_t fresh_size;
    /// Blocks there are, free ones among them.
    size_t count;
};

#define EMPTY {.lock = PTHREAD_MUTEX_INITIALIZER}
static struct rooms all[PAGES_MOST + 1] = {EMPTY, EMPTY, EMPTY, EMPTY};

static size_t pages_for(size_t size) { return (size + PAGE - 1) / PAGE; }

bool fits_room(size_t size) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    // A block that goes to the next who asks would hide whoever still uses it.
    return false;
#endif
#endif
    return pages_for(size) >= 2 && pages_for(size) <= PAGES_MOST && sysconf(_SC_PAGESIZE) == PAGE;
}

/// There is room for every block there is, so that giving one back does not need memory.
static bool reserve(struct stack *stack, size_t room) {
    if (stack->room >= room) {
        return true;
    }
    size_t grown = room * 2;
    void **blocks = realloc(stack->blocks, grown * sizeof *blocks);
    if (blocks == NULL) {
        return false;
    }
    stack->blocks = blocks;
    stack->room = grown;
    return true;
}

static void *pop(struct stack *stack) {
    stack->count -= 1;
    return stack->blocks[stack->count];
}

static void push(struct stack *stack, void *block) {
    stack->blocks[stack->count] = block;
    stack->count += 1;
}

static void *new_block(struct rooms *rooms, size_t size) {
    if (!reserve(&rooms->warm, warm_most) || !reserve(&rooms->cold, rooms->count + 1)) {
        return NULL;
    }
    if (rooms->fresh_size < size) {
        uint8_t *region = mmap(NULL, region_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (region == MAP_FAILED) {
            return NULL;
        }
        // A huge page would be all there at once.
        madvise(region, region_size, MADV_NOHUGEPAGE);
        rooms->fresh = region;
        rooms->fresh_size = region_size;
    }
    void *block = rooms->fresh;
    rooms->fresh += size;
    rooms->fresh_size -= size;
    rooms->count += 1;
    return block;
}

void *take_room(size_t size) {
    size_t pages = pages_for(size);
    struct rooms *rooms = &all[pages];
    pthread_mutex_lock(&rooms->lock);
    void *block = rooms->warm.count > 0   ? pop(&rooms->warm)
                  : rooms->cold.count > 0 ? pop(&rooms->cold)
                                          : new_block(rooms, pages * PAGE);
    pthread_mutex_unlock(&rooms->lock);
    return block;
}

void give_room(void *block, size_t size) {
    size_t pages = pages_for(size);
    struct rooms *rooms = &all[pages];
    pthread_mutex_lock(&rooms->lock);
    bool is_kept = rooms->warm.count < warm_most;
    if (is_kept) {
        push(&rooms->warm, block);
    }
    pthread_mutex_unlock(&rooms->lock);
    if (is_kept) {
        return;
    }
    // Other threads do not wait for the system meanwhile.
    madvise(block, pages * PAGE, MADV_DONTNEED);
    pthread_mutex_lock(&rooms->lock);
    push(&rooms->cold, block);
    pthread_mutex_unlock(&rooms->lock);
}

#endif
