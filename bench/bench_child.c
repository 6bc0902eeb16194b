/* bench_child [--cold FOLDER] OUTPUT COMMAND ARGS... - runs a process with its output in a file, and prints what it cost.
 *
 *     {"wall":0.0021,"cpu":0.0013,"rss_kib":3004,"status":0}          seconds, and peak resident memory
 *
 * A process of its own, and small, because the peak that the system keeps of a child begins with its parent's at the time
 * of the exec, and because starting one from here costs a tenth of what it costs an interpreter.
 *
 * --cold asks the system to drop its cached pages of every file in FOLDER first, and adds "cached":BYTES, what is still
 * cached of them after that; 0 means that COMMAND finds none of the table in memory. Its own code stays warm. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(3);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Bytes of the file that are in memory. Mapping it does not read it. */
static uint64_t cached(int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (size + page - 1) / page;
	unsigned char *in = calloc(n + 1, 1);
	void *p = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	uint64_t bytes = 0;

	if (!in || (size && p == MAP_FAILED))
		die("mapping a file");
	if (size && mincore(p, size, in) < 0)
		die("mincore");
	for (size_t i = 0; i < n; i++)
		bytes += (in[i] & 1) * page;
	if (size)
		munmap(p, size);
	free(in);
	return bytes;
}

static uint64_t drop(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	uint64_t left = 0;
	struct stat st;

	if (!d)
		die(folder);
	while ((e = readdir(d))) {
		int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC);

		if (fd < 0 || fstat(fd, &st) < 0)
			die(e->d_name);
		if (S_ISREG(st.st_mode)) {
			fdatasync(fd);                         /* pages still to be written would stay */
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
			left += cached(fd, (size_t)st.st_size);
		}
		close(fd);
	}
	closedir(d);
	return left;
}

int main(int argc, char **argv)
{
	const char *cold = argc > 2 && strcmp(argv[1], "--cold") == 0 ? argv[2] : NULL;
	char **args = argv + (cold ? 3 : 1);
	uint64_t left = 0;
	struct rusage u;
	double start;
	int status, fd;
	pid_t pid;

	if (argc < (cold ? 5 : 3)) {
		fprintf(stderr, "usage: bench_child [--cold FOLDER] OUTPUT COMMAND ARGS...\n");
		return 2;
	}
	if (cold)
		left = drop(cold);
	fd = open(args[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		die(args[0]);
	start = now();
	pid = fork();
	if (pid == 0) {
		dup2(fd, 1);
		execvp(args[1], args + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0)
		die(args[1]);
	printf("{\"wall\":%.6f,\"cpu\":%.6f,\"rss_kib\":%ld,\"status\":%d", now() - start, seconds(u.ru_utime) + seconds(u.ru_stime),
		u.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	if (cold)
		printf(",\"cached\":%llu", (unsigned long long)left);
	printf("}\n");
	return 0;
}
