/* A host in C: it owns a pendulum, and asks `statewrap act` for every torque.
 *
 *     cc -O2 -o host host.c -lm
 *     ./host statewrap act pendulum.toml
 *
 * The pendulum hangs down at first and is never reset. Every line is one state; every answer one
 * torque. The lines are so regular that neither writing nor reading them takes a JSON library.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 600
static const double PI = 3.14159265358979323846;

static void fail(const char *what, const char *detail)
{
    fprintf(stderr, "host: %s: %s\n", what, detail);
    exit(1);
}

/* Start the filter, with a pipe to its input and one from its output. */
static pid_t start(char **command, FILE **to, FILE **back)
{
    int down[2], up[2];
    if (pipe(down) != 0 || pipe(up) != 0)
        fail("pipe", "none could be made");
    pid_t child = fork();
    if (child < 0)
        fail("fork", "no process could be started");
    if (child == 0) {
        dup2(down[0], STDIN_FILENO);
        dup2(up[1], STDOUT_FILENO);
        close(down[0]), close(down[1]), close(up[0]), close(up[1]);
        execvp(command[0], command);
        fail("cannot run", command[0]);
    }
    close(down[0]), close(up[1]);
    *to = fdopen(down[1], "w");
    *back = fdopen(up[0], "r");
    return child;
}

/* The plant: a rod of 1 kg and 1 m under gravity, a twentieth of a second on. */
static void swing(double *angle, double *speed, double torque)
{
    *speed += (15.0 * sin(*angle) + 3.0 * torque) * 0.05;
    *speed = fmax(-8.0, fmin(8.0, *speed));
    *angle = remainder(*angle + *speed * 0.05, 2.0 * PI);
}

/* Read the answer to a line: {"action": [0.25], ...} */
static double torque_of(FILE *back)
{
    static char line[4096];
    if (fgets(line, sizeof line, back) == NULL)
        fail("no answer", "the filter has ended");
    char *found = strstr(line, "\"action\": [");
    if (found == NULL)
        fail("refused", line);
    return strtod(found + strlen("\"action\": ["), NULL);
}

int main(int count, char **arguments)
{
    FILE *to, *back;
    if (count < 2)
        fail("usage", "host statewrap act pendulum.toml");
    signal(SIGPIPE, SIG_IGN); /* a filter that has ended shows as an answer that does not come */
    pid_t child = start(arguments + 1, &to, &back);

    double angle = PI, speed = 0.0, reward = 0.0, upright = 0.0;
    for (int step = 0; step < STEPS; step++) {
        fprintf(to, "{\"step\": %d, \"observation\": [%.9g, %.9g, %.9g]", step, cos(angle),
                sin(angle), speed);
        if (step > 0)
            fprintf(to, ", \"reward\": %.17g", reward);
        fprintf(to, "}\n");
        fflush(to);
        double torque = torque_of(back);
        reward = -(angle * angle + 0.1 * speed * speed + 0.001 * torque * torque);
        swing(&angle, &speed, torque);
        if (step >= STEPS - 100)
            upright += cos(angle) / 100;
    }
    fclose(to); /* the end of the input ends the session */

    int status;
    waitpid(child, &status, 0);
    printf("mean height in the last 100 steps: %.3f of 1\n", upright);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
