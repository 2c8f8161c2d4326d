// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/neutrino.h>
#include <sys/netmgr.h>
#include <sys/procmgr.h>
#include <secpol/secpol.h>
#include <sys/wait.h>

/* Start-up of a QNX 7 daemon: abilities, policy, node, background. */
int main(void)
{
    char node[100];
    int nd, status, fd[2];
    char *end;

    if (procmgr_ability(0,
            PROCMGR_ADN_ROOT | PROCMGR_AOP_ALLOW | PROCMGR_AID_PUBLIC_CHANNEL,
            PROCMGR_ADN_NONROOT | PROCMGR_AOP_ALLOW | PROCMGR_AOP_SUBRANGE | PROCMGR_AID_PRIORITY,
            (uint64_t)1, (uint64_t)63,
            PROCMGR_AID_EOL) != EOK)
        printf("no ability\n");
    if (secpol_transition_type(NULL, NULL, 0) == -1 && errno == ENOTSUP)
        printf("no policy\n");

    nd = netmgr_strtond("/net/localhost/dev", &end);
    printf("node %d rest %s\n", nd, end);
    if (netmgr_ndtostr(ND2S_DIR_HIDE | ND2S_LOCAL_STR, ND_LOCAL_NODE, node, sizeof(node)) == -1)
        perror("netmgr_ndtostr");
    printf("back to %d\n", netmgr_strtond(node, NULL));
    printf("other node %d\n", netmgr_strtond("/net/no.such.node", NULL));
    printf("compare %d\n", ND_NODE_CMP(nd, ND_LOCAL_NODE));
    fflush(stdout);

    if (pipe(fd) == -1)
        return 1;
    if (fork() == 0) {
        if (procmgr_daemon(EXIT_SUCCESS, PROCMGR_DAEMON_NOCHDIR | PROCMGR_DAEMON_NOCLOSE) == -1)
            _exit(1);
        node[0] = ChannelCreate(0) == 1 ? 'y' : 'n';
        _exit(write(fd[1], node, 1) != 1);
    }
    wait(&status);
    if (read(fd[0], node, 1) != 1)
        return 1;
    printf("daemon %d, with a channel: %c\n", WEXITSTATUS(status), node[0]);
    return 0;
}
