// SPDX-License-Identifier: MIT OR Apache-2.0
/* Data in shared memory, the word that they are there by message; the client is told by signal. */
#define _QNX_SOURCE
#define _POSIX_C_SOURCE 199506L
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/neutrino.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "/prog_shared_memory"

typedef struct { struct sigevent done; char name[32]; size_t size; } job_t;

static int client(void)
{
    int fd = shm_open(NAME, O_RDWR | O_CREAT, 0600), coid, i;
    job_t job;
    sigset_t set;
    siginfo_t info;
    unsigned char *p;

    if (fd == -1 || ftruncate(fd, 8192) == -1)
        return 1;
    p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    memset(p, 3, 8192);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    memset(&job, 0, sizeof(job));
    SIGEV_SIGNAL_CODE_INIT(&job.done, SIGUSR1, 12, SI_MINAVAIL);
    strlcpy(job.name, NAME, sizeof(job.name));
    job.size = 8192;
    coid = ConnectAttach(0, getppid(), 1, _NTO_SIDE_CHANNEL, 0);
    if (MsgSend(coid, &job, sizeof(job), NULL, 0) != EOK)
        return 2;
    sigwaitinfo(&set, &info);
    for (i = 0; i < 8192; i++)
        if (p[i] != 6)
            return 3;
    return info.si_value.sival_int;
}

int main(void)
{
    int chid, rcvid, fd, status;
    unsigned char *p;
    job_t job;
    size_t i;

    chid = ChannelCreate(0);
    if (fork() == 0)
        _exit(client());
    rcvid = MsgReceive(chid, &job, sizeof(job), NULL);
    MsgReply(rcvid, EOK, NULL, 0);
    fd = shm_open(job.name, O_RDWR, 0);
    p = mmap(NULL, job.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    for (i = 0; i < job.size; i++)
        p[i] *= 2;
    if (MsgDeliverEvent(rcvid, &job.done) == -1)
        perror("MsgDeliverEvent");
    wait(&status);
    printf("%d of %d bytes, chid %d\n", WEXITSTATUS(status), (int)job.size, chid);
    shm_unlink(NAME);
    return 0;
}
