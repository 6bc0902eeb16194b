/* Runs a fuzz target over files and folders without a fuzzer, under any compiler: inputs that once failed stay tests.
 * A folder without a file in it is a failure, so that nothing passes by being lost. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#ifdef __GNUC__
__attribute__((weak))
#endif
int LLVMFuzzerInitialize(int *argc, char ***argv);

static size_t count;

static int one(const char *path)
{
	struct stat st;
	FILE *f = fopen(path, "rb");
	uint8_t *p;

	if (!f || fstat(fileno(f), &st) < 0 || !(p = malloc((size_t)st.st_size + !st.st_size)) ||
	    fread(p, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		fprintf(stderr, "cannot read %s\n", path);
		return 1;
	}
	fclose(f);
	/* Said before it runs: what ends the program is the last one named. */
	printf("# %s, %zu bytes\n", path, (size_t)st.st_size);
	fflush(stdout);
	LLVMFuzzerTestOneInput(p, (size_t)st.st_size);
	free(p);
	count++;
	return 0;
}

static int folder(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort), failed = 0;
	char file[4096];

	if (n < 0) {
		fprintf(stderr, "cannot list %s\n", path);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			failed |= one(file);
		free(names[i]);
	}
	free(names);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		struct stat st;

		failed |= !stat(argv[i], &st) && S_ISDIR(st.st_mode) ? folder(argv[i]) : one(argv[i]);
	}
	printf("# %zu inputs\n", count);
	return failed || !count;
}
