/* A serial cable that can be pulled: the device's end on stdin and stdout, the computer's end a terminal whose name is
 * printed first. stdin's end pulls the cable. SIGUSR1 makes the terminal's reads give 0 bytes for a moment, SIGUSR2 hangs
 * it up as the system does when a USB converter goes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t wanted = 0;
static void want(int signal) { wanted = signal; }

static void empty_reads(int cable) {
  struct termios raw, lines;
  if (tcgetattr(cable, &raw)) return;
  lines = raw;
  lines.c_lflag |= ICANON;
  lines.c_cc[VEOF] = 4;
  tcsetattr(cable, TCSANOW, &lines);
  for (int i = 0; i < 5; i++) {
    if (write(cable, "\4", 1) < 0) break;
    usleep(10000);
  }
  tcsetattr(cable, TCSANOW, &raw);
}

static void hang_up(const char *name) {
  int fd = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return;
  if (ioctl(fd, TIOCVHANGUP)) perror("TIOCVHANGUP");
  close(fd);
}

int main(void) {
  char buffer[4096];
  struct termios raw;
  struct sigaction action = {.sa_handler = want};
  int cable = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  if (cable < 0 || grantpt(cable) || unlockpt(cable)) return 1;
  tcgetattr(cable, &raw);
  cfmakeraw(&raw);
  tcsetattr(cable, TCSANOW, &raw);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR2, &action, NULL);
  printf("%s\n", ptsname(cable));
  fflush(stdout);
  for (;;) {
    struct pollfd ends[2] = {{STDIN_FILENO, POLLIN, 0}, {cable, POLLIN, 0}};
    poll(ends, 2, 1000);
    if (wanted == SIGUSR1) empty_reads(cable);
    if (wanted == SIGUSR2) hang_up(ptsname(cable));
    wanted = 0;
    if (ends[0].revents) {
      ssize_t n = read(STDIN_FILENO, buffer, sizeof buffer);
      if (n == 0) return 0;
      /* What does not fit is lost, as on a real line. */
      if (n > 0 && write(cable, buffer, n) < 0 && errno != EAGAIN && errno != EIO) return 0;
    }
    if (ends[1].revents & POLLIN) {
      ssize_t n = read(cable, buffer, sizeof buffer);
      if (n > 0 && write(STDOUT_FILENO, buffer, n) < 0) return 0;
    } else if (ends[1].revents) {
      /* Nobody has the port open. */
      usleep(2000);
    }
  }
}
