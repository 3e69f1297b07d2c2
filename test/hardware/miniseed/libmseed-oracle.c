/*
 * The second opinion on miniSEED: Debian's libmseed 2.19 behind three commands.
 *   read FILE                                       prints each record: a header line, then its samples, one a line
 *   write ENCODING RECLEN BYTEORDER RATE START_US   packs the integers of standard input to standard output
 *   rate FILE SECONDS                               decodes the file again and again; prints samples a second
 * Build: cc libmseed-oracle.c -lmseed
 */
#include <libmseed.h>
#include <inttypes.h>

static int read_file(const char *path) {
  MSFileParam *state = NULL;
  MSRecord *record = NULL;
  int status;
  while ((status = ms_readmsr_r(&state, &record, path, 0, NULL, NULL, 1, 1, 0)) == MS_NOERROR) {
    printf("record %d %c %s/%s/%s/%s %" PRId64 " %.9g %" PRId64 " %d %d %d %c\n", record->sequence_number,
           record->dataquality, record->network, record->station, record->location, record->channel,
           (int64_t)record->starttime, record->samprate, (int64_t)record->numsamples, record->encoding,
           record->reclen, record->byteorder, record->sampletype ? record->sampletype : '-');
    for (int64_t i = 0; i < record->numsamples; i++) {
      if (record->sampletype == 'i') printf("%d\n", ((int32_t *)record->datasamples)[i]);
      if (record->sampletype == 'f') printf("%.9g\n", ((float *)record->datasamples)[i]);
      if (record->sampletype == 'd') printf("%.17g\n", ((double *)record->datasamples)[i]);
    }
  }
  ms_readmsr_r(&state, &record, NULL, 0, NULL, NULL, 0, 0, 0);
  if (status == MS_ENDOFFILE) return 0;
  fprintf(stderr, "%s\n", ms_errorstr(status));
  return 1;
}

static void write_record(char *record, int length, void *unused) {
  (void)unused;
  fwrite(record, 1, length, stdout);
}

static int write_file(char **argv) {
  size_t count = 0, room = 1 << 20;
  double *numbers = malloc(room * sizeof *numbers);
  while (count < room && scanf("%lf", &numbers[count]) == 1) count++;
  MSRecord *record = msr_init(NULL);
  strcpy(record->network, "MW");
  strcpy(record->station, "ORACL");
  strcpy(record->location, "00");
  strcpy(record->channel, "HHZ");
  record->encoding = atoi(argv[0]);
  record->reclen = atoi(argv[1]);
  record->byteorder = atoi(argv[2]);
  record->samprate = atof(argv[3]);
  record->starttime = (hptime_t)strtoll(argv[4], NULL, 10);
  record->dataquality = 'D';
  record->sequence_number = 1;
  record->numsamples = count;
  record->sampletype = record->encoding == DE_FLOAT32 ? 'f' : record->encoding == DE_FLOAT64 ? 'd' : 'i';
  record->datasamples = malloc(count * sizeof(double));
  for (size_t i = 0; i < count; i++) {
    if (record->sampletype == 'i') ((int32_t *)record->datasamples)[i] = (int32_t)numbers[i];
    if (record->sampletype == 'f') ((float *)record->datasamples)[i] = (float)numbers[i];
    if (record->sampletype == 'd') ((double *)record->datasamples)[i] = numbers[i];
  }
  struct blkt_1001_s blockette = {0, 0, 0, 0};
  msr_addblockette(record, (char *)&blockette, sizeof blockette, 1001, 0);
  int64_t packed = 0;
  if (msr_pack(record, write_record, NULL, &packed, 1, 0) < 0 || packed != (int64_t)count) return 1;
  return 0;
}

static int rate(const char *path, double seconds) {
  static char bytes[1 << 26];
  FILE *file = fopen(path, "rb");
  if (!file) return 1;
  int length = (int)fread(bytes, 1, sizeof bytes, file);
  fclose(file);
  MSRecord *record = NULL;
  double samples = 0;
  clock_t begin = clock();
  do {
    for (int at = 0; at < length; at += record->reclen) {
      if (msr_parse(bytes + at, length - at, &record, 0, 1, 0) != MS_NOERROR) return 1;
      samples += record->numsamples;
    }
  } while (clock() - begin < seconds * CLOCKS_PER_SEC);
  printf("%.0f\n", samples * CLOCKS_PER_SEC / (clock() - begin));
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "read") == 0) return read_file(argv[2]);
  if (argc == 7 && strcmp(argv[1], "write") == 0) return write_file(argv + 2);
  if (argc == 4 && strcmp(argv[1], "rate") == 0) return rate(argv[2], atof(argv[3]));
  fprintf(stderr, "read FILE | write ENCODING RECLEN BYTEORDER RATE START_US | rate FILE SECONDS\n");
  return 2;
}
