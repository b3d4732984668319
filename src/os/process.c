/* Processes by posix_spawn, signals by waiting for them. */
#include "os/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static_assert(sizeof(sigset_t) <= sizeof((struct signals){0}.saved_mask), "the saved mask must fit");

/* Those of job control too: this process stops when its child has, never before. */
static const int HELD[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU};

void
signals_hold(struct signals *signals)
{
    sigset_t held, saved;
    struct sigaction hangup;

    sigemptyset(&held);
    for (size_t i = 0; i < COUNT_OF(HELD); i++) {
        sigaddset(&held, HELD[i]);
    }
    sigprocmask(SIG_BLOCK, &held, &saved);
    memcpy(signals->saved_mask, &saved, sizeof saved);
    signals->ignores_hangup = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error to tell; Python ignores it, too */
    /* An ignored SIGCHLD would reap the child behind our back; an ignored SIGINT would never be seen. */
    for (size_t i = 0; i < COUNT_OF(HELD); i++) {
        if (HELD[i] != SIGHUP || !signals->ignores_hangup) {
            signal(HELD[i], SIG_DFL);
        }
    }
}

void
signals_release(const struct signals *signals)
{
    sigset_t saved;
    memcpy(&saved, signals->saved_mask, sizeof saved);
    sigprocmask(SIG_SETMASK, &saved, NULL);
}

static int
attributes_set(posix_spawnattr_t *attributes, const struct signals *signals)
{
    sigset_t defaults, mask;

    sigfillset(&defaults);
    sigdelset(&defaults, SIGKILL);
    sigdelset(&defaults, SIGSTOP);
    if (signals->ignores_hangup) {
        sigdelset(&defaults, SIGHUP);
    }
    sigemptyset(&mask);
    posix_spawnattr_setsigdefault(attributes, &defaults);
    posix_spawnattr_setsigmask(attributes, &mask);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

static int
actions_add(posix_spawn_file_actions_t *actions, const struct process_request *request)
{
    int status = 0;

    if (request->output_fd >= 0) {
        status = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO && status == 0; fd++) {
            status = posix_spawn_file_actions_adddup2(actions, request->output_fd, fd);
        }
    }
    for (size_t i = 0; i < COUNT_OF(request->kept_fds) && status == 0; i++) {
        int fd = request->kept_fds[i];
        /* Onto itself: that clears close-on-exec, in the child alone. */
        status = fd >= 0 ? posix_spawn_file_actions_adddup2(actions, fd, fd) : 0;
    }
    return status;
}

bool
process_start(const struct process_request *request, const struct signals *signals, int *pid_out, struct error *error)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    bool has_actions = false;
    bool has_attributes = false;
    pid_t pid = 0;
    int status = posix_spawn_file_actions_init(&actions);

    if (status != 0) {
        goto done;
    }
    has_actions = true;
    status = actions_add(&actions, request);
    if (status != 0) {
        goto done;
    }
    status = posix_spawnattr_init(&attributes);
    if (status != 0) {
        goto done;
    }
    has_attributes = true;
    status = attributes_set(&attributes, signals);
    if (status != 0) {
        goto done;
    }
    /* posix_spawn() writes to neither array; its prototype predates const. */
    status = posix_spawn(&pid, request->argv[0], &actions, &attributes, (char **)(uintptr_t)request->argv,
                         (char **)(uintptr_t)request->environment);
    if (status == 0) {
        *pid_out = pid;
    }

done:
    if (has_attributes) {
        posix_spawnattr_destroy(&attributes);
    }
    if (has_actions) {
        posix_spawn_file_actions_destroy(&actions);
    }
    return status == 0 || error_set_errno(error, status, "cannot start '%s'", request->argv[0]);
}

/* Fills in what happened to the child, if anything has. */
static bool
child_news(int pid, struct process_news *news)
{
    int status = 0;
    pid_t found = waitpid(pid, &status, WNOHANG | WUNTRACED);

    if (found < 0 && errno == ECHILD) {
        /* Somebody else has reaped it: how it ended is lost. */
        *news = (struct process_news){.kind = PROCESS_ENDED, .status = {.exit_code = 3}};
        return true;
    }
    if (found != pid) {
        return false;
    }
    if (WIFSTOPPED(status)) {
        *news = (struct process_news){.kind = PROCESS_STOPPED, .signal_number = WSTOPSIG(status)};
        return true;
    }
    *news = (struct process_news){.kind = PROCESS_ENDED};
    if (WIFSIGNALED(status)) {
        news->status.signal_number = WTERMSIG(status);
        news->status.dumped_core = WCOREDUMP(status);
    } else {
        news->status.exit_code = WEXITSTATUS(status);
    }
    return true;
}

void
process_wait(int pid, int timeout_ms, struct process_news *news_out)
{
    sigset_t held;
    siginfo_t info;
    struct timespec timeout = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};

    sigemptyset(&held);
    for (size_t i = 0; i < COUNT_OF(HELD); i++) {
        sigaddset(&held, HELD[i]);
    }
    while (!child_news(pid, news_out)) {
        int number = sigtimedwait(&held, &info, timeout_ms < 0 ? NULL : &timeout);
        if (number < 0 && errno == EAGAIN) {
            *news_out = (struct process_news){.kind = PROCESS_TIMEOUT};
            return;
        }
        if (number > 0 && number != SIGCHLD) {
            bool is_from_kernel = info.si_code == SI_KERNEL;
            *news_out = (struct process_news){
                .kind = PROCESS_SIGNAL, .signal_number = number, .is_from_terminal = is_from_kernel};
            return;
        }
    }
}

void
process_signal(int pid, int signal_number)
{
    kill(pid, signal_number);
}

bool
process_is_in_group(int pid)
{
    return getpgid(pid) == getpgrp();
}

/* Whether the child, just seen stopped, goes on by itself: `kill -CONT` reaches a group's members one by one. */
static bool
child_continues(int pid)
{
    for (int i = 0; i < 5; i++) {
        /* More than once, because a stop of our own uses a pause up. */
        struct timespec pause = {.tv_nsec = 10 * 1000000L};
        siginfo_t info = {0};
        nanosleep(&pause, NULL);
        if (waitid(P_PID, (id_t)pid, &info, WCONTINUED | WNOHANG) == 0 && info.si_pid == pid) {
            return true;
        }
    }
    return false;
}

void
process_stop_with(int pid, int signal_number)
{
    sigset_t mask, saved;
    siginfo_t info = {0};

    /* SIGSTOP cannot be held: it may have stopped both of us. */
    if (signal_number == SIGSTOP && child_continues(pid)) {
        return;
    }
    sigemptyset(&mask);
    sigaddset(&mask, signal_number);
    raise(signal_number);
    sigprocmask(SIG_UNBLOCK, &mask, &saved); /* here it stops, and here it goes on */
    sigprocmask(SIG_SETMASK, &saved, NULL);
    /* `fg` has told the whole group; to tell the child once more could undo the next Ctrl-Z. */
    if (waitid(P_PID, (id_t)pid, &info, WCONTINUED | WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
        kill(pid, SIGCONT);
    }
}

void
process_end_like(const struct process_status *status)
{
    if (status->signal_number) {
        /* The core file, if any, is the child's. */
        struct rlimit no_core = {0, 0};
        sigset_t mask;
        setrlimit(RLIMIT_CORE, &no_core);
        signal(status->signal_number, SIG_DFL);
        sigemptyset(&mask);
        sigaddset(&mask, status->signal_number);
        raise(status->signal_number);
        sigprocmask(SIG_UNBLOCK, &mask, NULL);
        exit(128 + status->signal_number);
    }
    exit(status->exit_code);
}

const char *
signal_name(int signal_number, char buffer[32])
{
    const char *name = sigabbrev_np(signal_number);

    if (name) {
        snprintf(buffer, 32, "SIG%s", name);
    } else {
        snprintf(buffer, 32, "signal %d", signal_number);
    }
    return buffer;
}

bool
process_die_with_parent(int parent_pid)
{
    if (getppid() == parent_pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return getppid() == parent_pid; /* it may have died before the call */
    }
    return kill(parent_pid, 0) == 0 || errno == EPERM;
}
