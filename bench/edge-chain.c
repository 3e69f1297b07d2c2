/*
 * The per-sample part of the gateway's waveform chain in plain scalar C: the peer of `npm run bench edge-chain`. The same
 * arithmetic in the same order as edge/core/measure/channel-analyser.ts and what it feeds, in double precision, the ring
 * in single: offset, broadband high-pass, bank of band-passes, frames of 20 ms, sums of 5 s windows, recursive STA/LTA of
 * each band with segments, settling and recovery (first channel), a power spectrum of wave and envelope each window with
 * its strongest line and (first channel) its peaks. Nothing is checked or allocated while samples stream.
 *
 * edge-chain FILE RATE_HZ COUNTS_PER_UNIT SECONDS
 *   FILE: int32 of CHANNELS channels, one after the other. SECONDS 0: prints windows and segments, else the best rate in
 *   channel-samples a second.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHANNELS = 3, MOST_BANDS = 7, CHUNK_FRAMES = 64, SMOOTH_FRAMES = 5, MOST_PEAKS = 12, OWN_BINS = 2 };
enum { LONGEST_LAG = 64, LONGEST_HISTORY = 256 };
static const double PI = 3.14159265358979323846;

/* Filters */

typedef struct { double b0, b1, b2, a1, a2; } Biquad;

static Biquad high_pass(double corner_hz, double rate_hz) {
  double w = 2 * PI * corner_hz / rate_hz, alpha = sin(w) / (2 * sqrt(0.5)), a0 = 1 + alpha, b = (1 + cos(w)) / 2 / a0;
  return (Biquad){b, -2 * b, b, -2 * cos(w) / a0, (1 - alpha) / a0};
}

static Biquad low_pass(double corner_hz, double rate_hz) {
  double w = 2 * PI * corner_hz / rate_hz, alpha = sin(w) / (2 * sqrt(0.5)), a0 = 1 + alpha, b = (1 - cos(w)) / 2 / a0;
  return (Biquad){b, 2 * b, b, -2 * cos(w) / a0, (1 - alpha) / a0};
}

static double flushed(double x) { return fabs(x) < 1e-200 ? 0 : x; }

static void run_section(const Biquad *q, double z[2], const double *in, double *out, int count) {
  double s1 = z[0], s2 = z[1];
  const double b0 = q->b0, b1 = q->b1, b2 = q->b2, a1 = q->a1, a2 = q->a2;
  for (int i = 0; i < count; i++) {
    double x = in[i], y = b0 * x + s1;
    s1 = b1 * x - a1 * y + s2;
    s2 = b2 * x - a2 * y;
    out[i] = y;
  }
  z[0] = flushed(s1);
  z[1] = flushed(s2);
}

static void run_cascade(const Biquad *h, const Biquad *l, double z[4], const double *in, double *out, int count) {
  double h1 = z[0], h2 = z[1], l1 = z[2], l2 = z[3];
  const Biquad p = *h, q = *l;
  for (int i = 0; i < count; i++) {
    double x = in[i], m = p.b0 * x + h1;
    h1 = p.b1 * x - p.a1 * m + h2;
    h2 = p.b2 * x - p.a2 * m;
    double y = q.b0 * m + l1;
    l1 = q.b1 * m - q.a1 * y + l2;
    l2 = q.b2 * m - q.a2 * y;
    out[i] = y;
  }
  z[0] = flushed(h1);
  z[1] = flushed(h2);
  z[2] = flushed(l1);
  z[3] = flushed(l2);
}

typedef struct { double low_hz, high_hz, sta_s; } Band;
static const double LOWEST_HZ = 1.5;
static const Band BANDS[MOST_BANDS] = {{1.5, 4, 1},      {4, 9, 0.5},      {9, 18, 0.25},    {18, 30, 0.2},
                                       {30, 45, 0.16}, {45, 100, 0.12}, {100, 200, 0.12}};

/* Power spectrum of a real block by a complex one of half its length */

typedef struct { int size, *order; double *hann, *cosine, *sine, *re, *im, *power; } Spectrum;

static double *numbers(int count) { return calloc((size_t)count, sizeof(double)); }

static Spectrum make_spectrum(int size) {
  int half = size / 2, bits = 0;
  while (1 << bits < half) bits++;
  Spectrum s = {size, calloc((size_t)half, sizeof(int)), numbers(size), numbers(half), numbers(half), numbers(half),
                numbers(half), numbers(half + 1)};
  for (int i = 0; i < size; i++) s.hann[i] = 0.5 - 0.5 * cos(2 * PI * i / size);
  for (int k = 0; k < half; k++) {
    s.cosine[k] = cos(2 * PI * k / size);
    s.sine[k] = sin(2 * PI * k / size);
    for (int b = 0; b < bits; b++) s.order[k] |= ((k >> b) & 1) << (bits - 1 - b);
  }
  return s;
}

static void transform(Spectrum *s, const double *restrict samples) {
  int half = s->size / 2;
  double *restrict re = s->re, *restrict im = s->im, *restrict power = s->power;
  const double *restrict cosine = s->cosine, *restrict sine = s->sine;
  for (int i = 0; i < half; i++) {
    re[s->order[i]] = samples[2 * i] * s->hann[2 * i];
    im[s->order[i]] = samples[2 * i + 1] * s->hann[2 * i + 1];
  }
  for (int span = 1; span < half; span *= 2) {
    int step = half / span;
    for (int start = 0; start < half; start += 2 * span) {
      for (int k = 0; k < span; k++) {
        double wr = cosine[k * step], wi = -sine[k * step];
        int p = start + k, q = p + span;
        double tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
        re[q] = re[p] - tr;
        im[q] = im[p] - ti;
        re[p] += tr;
        im[p] += ti;
      }
    }
  }
  power[0] = (re[0] + im[0]) * (re[0] + im[0]);
  power[half] = (re[0] - im[0]) * (re[0] - im[0]);
  for (int k = 1; k < half; k++) {
    int m = half - k;
    double er = (re[k] + re[m]) / 2, ei = (im[k] - im[m]) / 2, or = (im[k] + im[m]) / 2, oi = (re[m] - re[k]) / 2;
    double xr = er + or * cosine[k] + oi * sine[k], xi = ei + oi * cosine[k] - or * sine[k];
    power[k] = xr * xr + xi * xi;
  }
}

/* Lines and peaks of a spectrum */

typedef struct { double hz, db; } Line;
typedef struct { double bin_hz, from_hz, to_hz; int reach; } Range;

static double refined_hz(const double *power, int k, double bin_hz) {
  double below = power[k - 1], at = power[k], above = power[k + 1];
  if (!(below > 0 && at > 0 && above > 0) || below > at || above > at) return k * bin_hz;
  double a = log(below), c = log(above), curve = a - 2 * log(at) + c;
  return curve < 0 ? (k + 0.5 * (a - c) / curve) * bin_hz : k * bin_hz;
}

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

static Line strongest_line(const Spectrum *s, const Range *r) {
  const double *power = s->power;
  int first = most(1, (int)ceil(r->from_hz / r->bin_hz)), last = least(s->size / 2, (int)floor(r->to_hz / r->bin_hz));
  Line none = {NAN, NAN};
  if (last - first < 8) return none;
  int best = -1, low = first, high = first - 1;
  double best_ratio = 0, sum = 0;
  for (int k = first; k <= last; k++) {
    while (high < last && high < k + r->reach) sum += power[++high];
    while (low < k - r->reach) sum -= power[low++];
    double own = power[k] + (k > first ? power[k - 1] : 0) + (k < last ? power[k + 1] : 0);
    int bins = high - low - 2;
    double floor_power = (sum - own > 0 ? sum - own : 0) / most(bins, 1);
    double ratio = floor_power > 0 ? power[k] / floor_power : 0;
    if (ratio > best_ratio) {
      best_ratio = ratio;
      best = k;
    }
  }
  if (best < 0) return none;
  return (Line){refined_hz(power, best, r->bin_hz), 10 * log10(best_ratio)};
}

typedef struct { int count; double hz[MOST_PEAKS], db[MOST_PEAKS], error_hz[MOST_PEAKS], power[MOST_PEAKS]; } Peaks;

static void put_peak(Peaks *p, double hz, double db, double error_hz, double power) {
  int at = p->count;
  while (at > 0 && p->db[at - 1] < db) at--;
  if (at >= MOST_PEAKS) return;
  p->count = least(p->count + 1, MOST_PEAKS);
  for (int i = p->count - 1; i > at; i--) {
    p->hz[i] = p->hz[i - 1];
    p->db[i] = p->db[i - 1];
    p->error_hz[i] = p->error_hz[i - 1];
    p->power[i] = p->power[i - 1];
  }
  p->hz[at] = hz;
  p->db[at] = db;
  p->error_hz[at] = error_hz;
  p->power[at] = power;
}

static void find_peaks(const Spectrum *s, const Range *r, Peaks *peaks) {
  const double *power = s->power, least_ratio = pow(10, 0.8);
  int first = most(1, (int)ceil(r->from_hz / r->bin_hz));
  int last = least(s->size / 2 - 1, (int)floor(r->to_hz / r->bin_hz));
  peaks->count = 0;
  for (int k = first; k <= last; k++) {
    double at = power[k], sum = 0;
    int bins = 0;
    if (at <= power[k - 1] || at < power[k + 1]) continue;
    for (int i = most(first, k - r->reach); i <= least(last, k + r->reach); i++) {
      if (abs(i - k) <= OWN_BINS) continue;
      sum += power[i];
      bins++;
    }
    double floor_power = bins > 0 ? sum / bins : 0, ratio = floor_power > 0 ? at / floor_power : 0;
    if (ratio < least_ratio) continue;
    double hz = refined_hz(power, k, r->bin_hz);
    put_peak(peaks, hz, 10 * log10(ratio), 0.8 * r->bin_hz / sqrt(ratio), at - floor_power);
  }
}

/* Trigger, of a site's geophone (below 800 samples a second) */

static const double ON_RATIO = 8, OFF_RATIO = 3, LTA_CLAMP = 9, LTA_S = 25, WARM_UP_S = 20, RESUME_S = 1.5, SILENCE_S = 3;
static const double LONGEST_S = 45, HOLD_S = 12, ARRIVAL_RATIO = 12, ARRIVAL_AFTER_S = 3, ARRIVAL_WITHIN_S = 0.3;
static const double LOOK_BACK_S = 1.2, ONSET_RATIO = 3, STANDS_OUT = 100, SETTLED_S = 3;
enum { ONSET_BREAK_FRAMES = 4 };

typedef struct { long onset, last, closed_at; double background[MOST_BANDS]; int cut; } Segment;

typedef struct {
  int bands, lag, history_length, kept, sta_length[MOST_BANDS], lta_length, settled_frames;
  double frame_rate_hz;
  double sta[MOST_BANDS], lta[MOST_BANDS], peak[MOST_BANDS], latest[LONGEST_LAG * MOST_BANDS];
  double background[MOST_BANDS], quiet[MOST_BANDS], history[LONGEST_HISTORY * MOST_BANDS];
  long seen, newest, onset, last, quiet_until, quiet_since;
  double settling_background[MOST_BANDS], level[MOST_BANDS], smooth[SMOOTH_FRAMES], settling_peak;
  long settling_seen;
} Trigger;

static void begin_settling(Trigger *t, const double *background) {
  memcpy(t->settling_background, background, sizeof t->settling_background);
  memset(t->smooth, 0, sizeof t->smooth);
  memset(t->level, 0, sizeof t->level);
  t->settling_peak = 0;
  t->settling_seen = 0;
}

static int has_settled(Trigger *t, const double *energies, long frame) {
  double whitened = 0, energy = 0;
  for (int b = 0; b < t->bands; b++) whitened += energies[b] / t->settling_background[b];
  t->smooth[frame % SMOOTH_FRAMES] = whitened / t->bands;
  for (int i = 0; i < SMOOTH_FRAMES; i++) energy += t->smooth[i];
  energy /= SMOOTH_FRAMES;
  if (energy > t->settling_peak) t->settling_peak = energy;
  if (energy * STANDS_OUT >= t->settling_peak || t->settling_peak < STANDS_OUT) {
    t->settling_seen = 0;
    memset(t->level, 0, sizeof t->level);
    return 0;
  }
  t->settling_seen++;
  for (int b = 0; b < t->bands; b++) t->level[b] += (energies[b] - t->level[b]) / (double)t->settling_seen;
  return t->settling_seen > t->settled_frames;
}

static long onset_before(const Trigger *t, int band, long frame, double floor_energy) {
  long earliest = frame;
  int quiet = 0;
  for (long f = frame; f > t->newest - t->kept && quiet <= ONSET_BREAK_FRAMES; f--) {
    if (t->history[(f % t->history_length) * t->bands + band] > floor_energy) {
      earliest = f;
      quiet = 0;
    } else quiet++;
  }
  return earliest;
}

static void open_segment(Trigger *t, int band, long frame) {
  memcpy(t->background, t->lta, sizeof t->background);
  memset(t->peak, 0, sizeof t->peak);
  memset(t->latest, 0, sizeof t->latest);
  t->onset = onset_before(t, band, frame, ONSET_RATIO * t->background[band]);
  t->last = frame;
  begin_settling(t, t->background);
}

static int close_segment(Trigger *t, long frame, int cut, Segment *out) {
  *out = (Segment){.onset = t->onset, .last = t->last, .closed_at = frame, .cut = cut};
  memcpy(out->background, t->background, sizeof out->background);
  t->onset = -1;
  return 1;
}

static int reopen(Trigger *t, int band, long frame, Segment *out) {
  double before[MOST_BANDS] = {0};
  long from = t->newest - t->kept + 1, to = t->newest - t->lag;
  for (long f = from; f <= to; f++)
    for (int b = 0; b < t->bands; b++)
      before[b] += t->history[(f % t->history_length) * t->bands + b] / (double)(to - from + 1);
  close_segment(t, frame, 1, out);
  open_segment(t, band, frame);
  memcpy(t->background, before, sizeof t->background);
  begin_settling(t, before);
  long onset = onset_before(t, band, frame, ONSET_RATIO * before[band]);
  t->onset = onset > out->onset + 1 ? onset : out->onset + 1;
  if (out->last > t->onset - 1) out->last = t->onset - 1;
  if (out->last < out->onset) out->last = out->onset;
  return 1;
}

static int settle(Trigger *t, long frame, Segment *out) {
  memcpy(t->quiet, t->background, sizeof t->quiet);
  t->quiet_until = frame + lround(LONGEST_S * t->frame_rate_hz);
  t->quiet_since = frame;
  for (int b = 0; b < t->bands; b++)
    t->sta[b] = t->lta[b] = t->level[b] > t->background[b] ? t->level[b] : t->background[b];
  return close_segment(t, frame, 0, out);
}

static void recover(Trigger *t, long frame) {
  for (int b = 0; b < t->bands; b++)
    if (t->sta[b] > OFF_RATIO * t->quiet[b]) {
      t->quiet_since = frame;
      break;
    }
  if (frame - t->quiet_since <= SILENCE_S * t->frame_rate_hz) return;
  for (int b = 0; b < t->bands; b++)
    if (t->quiet[b] < t->lta[b]) t->lta[b] = t->quiet[b];
  t->quiet_until = -1;
}

static int loudest(const Trigger *t) {
  int best = -1;
  double best_ratio = ON_RATIO;
  for (int b = 0; b < t->bands; b++) {
    double ratio = t->sta[b] / t->lta[b];
    if (ratio > best_ratio) {
      best_ratio = ratio;
      best = b;
    }
  }
  return best;
}

static int follow(Trigger *t, long frame) {
  double age = (double)(frame - t->onset) / t->frame_rate_hz;
  int arrival = -1;
  for (int b = 0; b < t->bands; b++) {
    double sta = t->sta[b], *latest = &t->latest[(frame % t->lag) * t->bands + b];
    if (age > HOLD_S && t->lta[b] > t->background[b]) t->background[b] = t->lta[b];
    if (sta > OFF_RATIO * t->background[b]) t->last = frame;
    double before = t->peak[b] > t->background[b] ? t->peak[b] : t->background[b];
    if (age > ARRIVAL_AFTER_S && sta > ARRIVAL_RATIO * before) arrival = b;
    if (*latest > t->peak[b]) t->peak[b] = *latest;
    *latest = sta;
  }
  return arrival;
}

static int step_trigger(Trigger *t, const double *energies, long frame, Segment *out) {
  long n = ++t->seen;
  for (int b = 0; b < t->bands; b++) {
    double energy = energies[b] > 4.9406564584124654e-324 ? energies[b] : 4.9406564584124654e-324;
    t->sta[b] += (energy - t->sta[b]) / (double)(n < t->sta_length[b] ? n : t->sta_length[b]);
    double limited = n > t->sta_length[b] && energy > LTA_CLAMP * t->lta[b] ? LTA_CLAMP * t->lta[b] : energy;
    t->lta[b] += (limited - t->lta[b]) / (double)(n < t->lta_length ? n : t->lta_length);
  }
  memcpy(&t->history[(frame % t->history_length) * t->bands], energies, (size_t)t->bands * sizeof(double));
  t->newest = frame;
  t->kept = least(t->history_length, t->kept + 1);
  if (frame < t->quiet_until) recover(t, frame);
  if (t->onset < 0) {
    if ((double)n < WARM_UP_S * t->frame_rate_hz || (double)n < RESUME_S * t->frame_rate_hz) return 0;
    int band = loudest(t);
    if (band >= 0) open_segment(t, band, frame);
    return 0;
  }
  int arrival = follow(t, frame);
  if (arrival >= 0) return reopen(t, arrival, frame, out);
  if ((double)(frame - t->last) > SILENCE_S * t->frame_rate_hz) return close_segment(t, frame, 0, out);
  if (has_settled(t, energies, frame)) return settle(t, frame, out);
  if ((double)(frame - t->onset) > LONGEST_S * t->frame_rate_hz) return close_segment(t, frame, 1, out);
  return 0;
}

/* One channel */

static const double WINDOW_S = 5, FRAME_S = 0.02, HISTORY_S = 56, SMALLEST_COVERAGE = 0.2;

typedef struct {
  int channel, bands, frame_length, history_length, filled;
  long frame, ring_end, ring_mask;
  double rate_hz, frame_rate_hz, offset, window_end_ms;
  Biquad broadband, high[MOST_BANDS], low[MOST_BANDS];
  int is_open[MOST_BANDS];
  double broadband_z[2], z[MOST_BANDS][4];
  float *ring;
  double *history, *chunk, *wave, *scratch, *energies, *block, *envelope;
  double samples, second, fourth, peak, band_sums[MOST_BANDS];
  Spectrum spectrum, rhythm;
  Trigger *trigger;
} Channel;

static int is_printing;
static double sink;

static int power_of_two_below(double x) { return 1 << most(4, (int)floor(log2(x))); }

static Channel *make_channel(int channel, double rate_hz) {
  Channel *c = calloc(1, sizeof *c);
  c->channel = channel;
  c->rate_hz = rate_hz;
  c->frame_length = most(1, (int)lround(FRAME_S * rate_hz));
  c->frame_rate_hz = rate_hz / c->frame_length;
  c->broadband = high_pass(LOWEST_HZ, rate_hz);
  while (c->bands < MOST_BANDS && BANDS[c->bands].low_hz < 0.4 * rate_hz) {
    const Band *band = &BANDS[c->bands];
    c->high[c->bands] = high_pass(band->low_hz, rate_hz);
    c->is_open[c->bands] = band->high_hz >= 0.45 * rate_hz;
    if (!c->is_open[c->bands]) c->low[c->bands] = low_pass(band->high_hz, rate_hz);
    c->bands++;
  }
  c->ring_mask = (1L << (int)ceil(log2((HISTORY_S + 4) * rate_hz))) - 1;
  c->ring = calloc((size_t)c->ring_mask + 1, sizeof(float));
  c->history_length = (int)ceil(HISTORY_S * c->frame_rate_hz);
  c->history = numbers(c->history_length * c->bands);
  c->chunk = numbers(CHUNK_FRAMES * c->frame_length);
  c->wave = numbers(CHUNK_FRAMES * c->frame_length);
  c->scratch = numbers(CHUNK_FRAMES * c->frame_length);
  c->energies = numbers(CHUNK_FRAMES * c->bands);
  c->spectrum = make_spectrum(power_of_two_below(WINDOW_S * rate_hz));
  c->rhythm = make_spectrum(power_of_two_below(1.04 * WINDOW_S * c->frame_rate_hz));
  c->block = numbers(c->spectrum.size);
  c->envelope = numbers(c->rhythm.size);
  c->window_end_ms = 1000 * WINDOW_S;
  if (channel > 0) return c;
  Trigger *t = c->trigger = calloc(1, sizeof *t);
  t->bands = c->bands;
  t->frame_rate_hz = c->frame_rate_hz;
  for (int b = 0; b < c->bands; b++) t->sta_length[b] = most(2, (int)lround(fmax(0.12, BANDS[b].sta_s) * c->frame_rate_hz));
  t->lta_length = (int)lround(LTA_S * c->frame_rate_hz);
  t->lag = least(LONGEST_LAG, most(1, (int)lround(ARRIVAL_WITHIN_S * c->frame_rate_hz)));
  t->history_length = least(LONGEST_HISTORY, (int)ceil(LOOK_BACK_S * c->frame_rate_hz));
  t->settled_frames = (int)lround(SETTLED_S * c->frame_rate_hz);
  t->newest = t->onset = t->last = t->quiet_until = t->quiet_since = -1;
  return c;
}

static void free_spectrum(Spectrum *s) {
  free(s->order), free(s->hann), free(s->cosine), free(s->sine), free(s->re), free(s->im), free(s->power);
}

static void free_channel(Channel *c) {
  free(c->ring), free(c->history), free(c->chunk), free(c->wave), free(c->scratch), free(c->energies), free(c->block);
  free(c->envelope), free_spectrum(&c->spectrum), free_spectrum(&c->rhythm), free(c->trigger), free(c);
}

static void tell_peaks(const Peaks *p) {
  double hz = 0, db = 0, error_hz = 0, power = 0;
  for (int i = 0; i < p->count; i++) hz += p->hz[i], db += p->db[i], error_hz += p->error_hz[i], power += p->power[i];
  printf(" %d %.17g %.17g %.17g %.17g", p->count, hz, db, error_hz, power);
}

static void close_window(Channel *c) {
  Peaks tones = {0}, rhythms = {0};
  double mean = 0;
  if (fmin(1, c->samples / (WINDOW_S * c->rate_hz)) >= SMALLEST_COVERAGE) {
    long from = c->frame * c->frame_length - c->spectrum.size;
    for (int i = 0; i < c->spectrum.size; i++) {
      long at = from + i;
      int is_kept = at >= 0 && at < c->ring_end && at >= c->ring_end - c->ring_mask - 1;
      c->block[i] = is_kept ? (double)c->ring[at & c->ring_mask] : 0;
    }
    transform(&c->spectrum, c->block);
    double bin_hz = c->rate_hz / c->spectrum.size;
    Range range = {bin_hz, 8, 0.46 * c->rate_hz, (int)lround(4 / bin_hz)};
    Line tone = strongest_line(&c->spectrum, &range);
    if (c->trigger) find_peaks(&c->spectrum, &range, &tones);
    for (int i = 0; i < c->rhythm.size; i++) {
      long frame = c->frame - c->rhythm.size + i;
      double energy = 0;
      if (frame >= 0)
        for (int b = 1; b < c->bands; b++) energy += c->history[(frame % c->history_length) * c->bands + b];
      c->envelope[i] = sqrt(energy);
    }
    for (int i = 0; i < c->rhythm.size; i++) mean += c->envelope[i] / c->rhythm.size;
    for (int i = 0; i < c->rhythm.size; i++) c->envelope[i] -= mean;
    transform(&c->rhythm, c->envelope);
    Range slow = {c->frame_rate_hz / c->rhythm.size, 0.8, fmin(18, 0.46 * c->frame_rate_hz), 16};
    Line rhythm = strongest_line(&c->rhythm, &slow);
    if (c->trigger) find_peaks(&c->rhythm, &slow, &rhythms);
    double rms = sqrt(c->second / c->samples), kurtosis = c->fourth * c->samples / (c->second * c->second), levels[MOST_BANDS];
    for (int b = 0; b < c->bands; b++) levels[b] = sqrt(c->band_sums[b] / c->samples);
    sink += rms + kurtosis + tone.hz + rhythm.hz + levels[0] + tones.count + rhythms.count;
    if (is_printing) {
      printf("window %d %.17g %.17g %.17g %.17g", c->channel, c->samples, rms, c->peak, kurtosis);
      printf(" %.17g %.17g %.17g %.17g", tone.hz, tone.db, rhythm.hz, rhythm.db);
      for (int b = 0; b < c->bands; b++) printf(" %.17g", levels[b]);
      if (c->trigger) tell_peaks(&tones), tell_peaks(&rhythms);
      printf("\n");
    }
  }
  c->samples = c->second = c->fourth = c->peak = 0;
  memset(c->band_sums, 0, sizeof c->band_sums);
}

static void tell_segment(const Channel *c, const Segment *s) {
  sink += (double)s->onset;
  if (!is_printing) return;
  printf("segment %ld %ld %ld %d", s->onset, s->last, s->closed_at, s->cut);
  for (int b = 0; b < c->bands; b++) printf(" %.17g", s->background[b]);
  printf("\n");
}

static void take_frame(Channel *c, int f) {
  long at = (c->frame % c->history_length) * c->bands;
  for (int b = 0; b < c->bands; b++) {
    double energy = c->energies[f * c->bands + b];
    c->history[at + b] = energy;
    c->band_sums[b] += energy * c->frame_length;
  }
  double second = c->second, fourth = c->fourth, peak = c->peak;
  for (int i = f * c->frame_length; i < (f + 1) * c->frame_length; i++) {
    double x = c->wave[i], square = x * x;
    second += square;
    fourth += square * square;
    if (square > peak * peak) peak = fabs(x);
  }
  c->second = second;
  c->fourth = fourth;
  c->peak = peak;
  c->samples += c->frame_length;
}

static void process(Channel *c, int frames) {
  int count = frames * c->frame_length;
  run_section(&c->broadband, c->broadband_z, c->chunk, c->wave, count);
  for (int i = 0; i < count; i++) c->ring[(c->ring_end + i) & c->ring_mask] = (float)c->wave[i];
  c->ring_end += count;
  for (int b = 0; b < c->bands; b++) {
    if (c->is_open[b]) run_section(&c->high[b], c->z[b], c->wave, c->scratch, count);
    else run_cascade(&c->high[b], &c->low[b], c->z[b], c->wave, c->scratch, count);
    const double *x = c->scratch;
    for (int f = 0; f < frames; f++) {
      double sum = 0;
      for (const double *end = x + c->frame_length; x < end; x++) sum += *x * *x;
      c->energies[f * c->bands + b] = sum / c->frame_length;
    }
  }
  for (int f = 0; f < frames; f++) {
    double at_ms = (double)((c->frame + 1) * c->frame_length - 1) * 1000 / c->rate_hz;
    if (at_ms >= c->window_end_ms) {
      if (c->samples > 0) close_window(c);
      c->window_end_ms = (floor(at_ms / (1000 * WINDOW_S)) + 1) * 1000 * WINDOW_S;
    }
    take_frame(c, f);
    Segment segment;
    if (c->trigger && step_trigger(c->trigger, &c->energies[f * c->bands], c->frame, &segment)) tell_segment(c, &segment);
    c->frame++;
  }
  c->filled -= count;
  memmove(c->chunk, c->chunk + count, (size_t)c->filled * sizeof(double));
}

static void push_block(Channel *c, const int32_t *counts, int count, double counts_per_unit) {
  double units_per_count = 1 / counts_per_unit;
  if (c->frame == 0 && c->filled == 0) c->offset = counts[0] / counts_per_unit;
  for (int next = 0; next < count;) {
    int n = least(count - next, CHUNK_FRAMES * c->frame_length - c->filled);
    for (int i = 0; i < n; i++) c->chunk[c->filled + i] = counts[next + i] * units_per_count - c->offset;
    c->filled += n;
    next += n;
    if (c->filled >= c->frame_length) process(c, c->filled / c->frame_length);
  }
}

/* All channels from their beginning to their end, in blocks of a second in turn. */
static void run_chain(const int32_t *counts, int length, double rate_hz, double counts_per_unit) {
  Channel *channels[CHANNELS];
  for (int c = 0; c < CHANNELS; c++) channels[c] = make_channel(c, rate_hz);
  int block = (int)rate_hz;
  for (int from = 0; from < length; from += block)
    for (int c = 0; c < CHANNELS; c++)
      push_block(channels[c], counts + (long)c * length + from, least(block, length - from), counts_per_unit);
  for (int c = 0; c < CHANNELS; c++) {
    Trigger *t = channels[c]->trigger;
    Segment segment;
    if (t && t->onset >= 0 && close_segment(t, channels[c]->frame, 1, &segment)) tell_segment(channels[c], &segment);
    if (channels[c]->samples > 0) close_window(channels[c]);
    free_channel(channels[c]);
  }
}

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file || fseek(file, 0, SEEK_END) != 0) return 3;
  long bytes = ftell(file);
  int length = (int)(bytes / (long)sizeof(int32_t) / CHANNELS);
  int32_t *counts = malloc((size_t)bytes);
  rewind(file);
  if (!counts || fread(counts, 1, (size_t)bytes, file) != (size_t)bytes) return 3;
  double rate_hz = atof(argv[2]), counts_per_unit = atof(argv[3]), seconds = atof(argv[4]);
  is_printing = seconds == 0;
  double best = INFINITY, begun = now_s();
  do {
    double from = now_s();
    run_chain(counts, length, rate_hz, counts_per_unit);
    best = fmin(best, now_s() - from);
  } while (now_s() - begun < seconds);
  if (!is_printing) printf("%.17g %g\n", (double)length * CHANNELS / best, sink == 0 ? 1.0 : 0.0);
  free(counts);
  fclose(file);
  return 0;
}
