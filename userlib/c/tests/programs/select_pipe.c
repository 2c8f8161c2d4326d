// SPDX-License-Identifier: MIT OR Apache-2.0
#include <sys/iofunc.h>
#include <sys/dispatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>

/* select_attach(): a descriptor beside messages, and dispatch_timeout(). */
static int lines;

static int my_func(select_context_t *ctp, int fd, unsigned flags, void *handle)
{
    char buf[20];
    ssize_t n = read(fd, buf, 1);

    (void)ctp;
    printf("%s: %zd byte, %s\n", (char *)handle, n, flags & SELECT_FLAG_READ ? "readable" : "?");
    lines++;
    return 0;
}

int main(void)
{
    dispatch_t *dpp;
    dispatch_context_t *ctp;
    select_attr_t attr = { 0 };
    struct timespec time = { 0, 100000000 };
    int fd[2];

    if (pipe(fd) == -1)
        return EXIT_FAILURE;
    dpp = dispatch_create();
    if (select_attach(dpp, &attr, fd[0], SELECT_FLAG_READ | SELECT_FLAG_REARM, my_func, (void *)"pipe") == -1) {
        fprintf(stderr, "Couldn't attach a file descriptor\n");
        return EXIT_FAILURE;
    }
    ctp = dispatch_context_alloc(dpp);
    if (write(fd[1], "ab", 2) != 2)
        return EXIT_FAILURE;
    while (lines < 2) {
        ctp = dispatch_block(ctp);
        dispatch_handler(ctp);
    }
    select_detach(dpp, fd[0]);
    dispatch_timeout(dpp, &time);
    if (write(fd[1], "c", 1) != 1)
        return EXIT_FAILURE;
    ctp = dispatch_block(ctp);
    printf("timeout: %d\n", (int)ctp->message_context.rcvid);
    return 0;
}
