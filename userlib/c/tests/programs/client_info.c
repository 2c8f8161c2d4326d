// SPDX-License-Identifier: MIT OR Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <sys/neutrino.h>
#include <sys/wait.h>

/* Who is it? */
int main(void)
{
    struct _client_info cinfo, *ext;
    struct _server_info sinfo;
    struct _msg_info info, again;
    int chid, coid, rcvid, msg;
    pid_t pid;

    chid = ChannelCreate(_NTO_CHF_DISCONNECT);
    if ((pid = fork()) == 0) {
        coid = ConnectAttach(ND_LOCAL_NODE, getppid(), chid, _NTO_SIDE_CHANNEL, 0);
        if (ConnectServerInfo(0, coid, &sinfo) != coid || sinfo.pid != getppid() || sinfo.chid != chid)
            _exit(2);
        msg = getpid();
        _exit(MsgSend(coid, &msg, sizeof(msg), &msg, sizeof(msg)) == 12 ? 0 : 1);
    }
    rcvid = MsgReceive(chid, &msg, sizeof(msg), &info);
    printf("pid %s, chid %s, lengths %d %d %d\n", info.pid == pid && msg == pid ? "ok" : "wrong",
           info.chid == chid ? "ok" : "wrong", (int)info.msglen, (int)info.srcmsglen, (int)info.dstmsglen);
    if (ConnectClientInfo(info.scoid, &cinfo, 0) == -1)
        perror("ConnectClientInfo");
    printf("client %s euid %d\n", cinfo.pid == pid ? "ok" : "wrong", (int)cinfo.cred.euid);
    if (ConnectClientInfoExt(info.scoid, &ext, _NTO_CLIENTINFO_GETGROUPS) == -1) {
        perror("ConnectClientInfoExt");
    } else {
        printf("ext %s\n", ext->pid == pid ? "ok" : "wrong");
        ConnectClientInfoExtFree(&ext);
    }
    printf("MsgInfo %d", MsgInfo(rcvid, &again));
    printf(" %s\n", again.scoid == info.scoid ? "same" : "other");
    MsgReply(rcvid, 12, &msg, sizeof(msg));
    wait(&msg);
    printf("client ended with %d\n", WEXITSTATUS(msg));
    return 0;
}
