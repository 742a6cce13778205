#include "contain.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_CONTAINED 126
#define NOT_RUN       127
#define MEMORY_MAX    ((rlim_t)1 << 30)
#define FILE_MAX      ((rlim_t)1 << 30)
#define PROCESS_MAX   64
#define OPEN_MAX_     64

static bool limit(int what, rlim_t most)
{
    const struct rlimit limits = {most, most};

    return setrlimit((__rlimit_resource_t)what, &limits) == 0;
}

static bool set_limits(const struct script_box *box)
{
    const rlim_t memory =
        box->memory_max > 0 ? (rlim_t)box->memory_max : MEMORY_MAX;

    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_AS, memory) &&
           limit(RLIMIT_FSIZE, FILE_MAX) && limit(RLIMIT_NOFILE, OPEN_MAX_) &&
           /* Counted per user: only right for a user of its own. */
           (!box->has_user || limit(RLIMIT_NPROC, PROCESS_MAX));
}

static bool become(const struct script_box *box)
{
    if (!box->has_user || geteuid() != 0)
        return true; /* as ourselves, which script_start allowed */
    return setgroups(0, NULL) == 0 &&
           setresgid(box->gid, box->gid, box->gid) == 0 &&
           setresuid(box->uid, box->uid, box->uid) == 0;
}

static bool set_descriptors(int output)
{
    const int nothing = open("/dev/null", O_RDONLY);

    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(output, 1) < 0 ||
        dup2(output, 2) < 0)
        return false;
    return close_range(3, ~0U, 0) == 0;
}

static void default_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL); /* some cannot be set: those stay */
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn void contain_exec(const char *const *argv, const char *key,
                            const struct script_box *box, int output)
{
    char key_line[MARKER_KEY_MAX + 32];
    char path_line[] = "PATH=/usr/local/bin:/usr/bin:/bin";
    char lang_line[] = "LANG=C.UTF-8";
    char *const environment[] = {path_line, lang_line, key_line, NULL};
    const char *folder =
        box->working_folder != NULL ? box->working_folder : "/";

    (void)snprintf(key_line, sizeof(key_line), "CAUSEWAY_KEY=%s", key);
    default_signals();
    (void)setsid();
    (void)umask(077);
    if (!set_descriptors(output) || chdir(folder) != 0 || !set_limits(box) ||
        !become(box) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        _exit(NOT_CONTAINED);
    /* execve does not write to argv; its type is older than const. */
    union {
        const char *const *mine;
        char *const *theirs;
    } words = {.mine = argv};
    (void)execve(argv[0], words.theirs, environment);
    _exit(NOT_RUN);
}
