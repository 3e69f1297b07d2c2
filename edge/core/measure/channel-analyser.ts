/**
 * One channel, streaming: removes the offset, makes good what the instrument takes away, runs the filter bank, sums energies into frames of 20 ms, windows of
 * 5 s on the clock's grid, and (for the channel that triggers) finds transients. Whatever the lengths of the blocks,
 * samples are dealt with in whole frames, so the results are the same. A gap or a change of rate ends the run: filters
 * and frames begin anew, the learnt background stays.
 */
import type { InstrumentResponse, WaveformBlock } from '@minewarden/hardware/contract.ts'
import type { Instant } from '@minewarden/protocol/time.ts'
import { type ClockShift, isMoved, worthAfter } from '../clock/clock-shift.ts'
import { type Band, bandsAt, LOWEST_HZ } from '../dsp/bands.ts'
import { createBandPass, type SectionFilter } from '../dsp/biquad.ts'
import { createCorrection } from '../dsp/instrument-correction.ts'
import { createPowerSpectrum, type PowerSpectrum } from '../dsp/real-fft.ts'
import { createRing, type Ring } from '../dsp/ring.ts'
import type { SpectralPeak } from '../machine/spectral-peaks.ts'
import type { EventSource, FrameHistory } from './event-features.ts'
import { convertCounts, fillEnvelope, sumFrames } from './frames.ts'
import type { Discarded } from './measure.ts'
import { createRunClock } from './run-clock.ts'
import { createTrigger, type Segment, type Trigger } from './trigger.ts'
import { type Medium, triggerClassOf } from './trigger-class.ts'
import { clearWindowSums, createWindowSums, percussionOf, sumWave, toneOf, type WindowSums } from './window-features.ts'
import { type StampTiming, worseTiming } from './worst-timing.ts'

export const WINDOW_S = 5
const FRAME_S = 0.02
/** Frames dealt with at once. */
const CHUNK_FRAMES = 64
/** Longest event, the silence that ends it, and what the features look at before it. */
const HISTORY_S = 56
/** A window with less of its samples tells nothing. */
const SMALLEST_COVERAGE = 0.2

/** What a channel can tell of a moment gone by, for the peaks of an event that another channel found. */
export interface ChannelWindow {
  readonly sums: WindowSums
  readonly coverage: number
  readonly tone: ReturnType<typeof toneOf>['tone']
  readonly percussion: ReturnType<typeof percussionOf>['percussion']
  /** Lines of the channel that triggers; `null` for the others. */
  readonly lines: WindowLines | null
  readonly measuredAt: Instant
  /** Of the worst block in it. */
  readonly timing: StampTiming
}

/** Peaks of a window's spectra, with what turns their power into an amplitude. */
export interface WindowLines {
  readonly tones: readonly SpectralPeak[]
  readonly rhythms: readonly SpectralPeak[]
  readonly toneBinHz: number
  readonly rhythmBinHz: number
  readonly toneSize: number
  readonly rhythmSize: number
}

export interface ChannelEvents {
  window(window: ChannelWindow): void
  /** A transient ended; `source` is valid only during the call. */
  segment(segment: Segment, source: EventSource, timeOf: (sample: number) => Instant, timing: StampTiming): void
}

export interface ChannelAnalyser {
  push(block: WaveformBlock): void
  end(): void
  /** The time became known: a run stamped by the gateway's clock was later. Its window is cut, nothing else is. */
  restamp(shift: ClockShift): void
  /** Time after the newest sample; `null` before the first. */
  readonly reachedAt: Instant | null
  /** Samples a second of the present run, 0 before the first. */
  readonly rateHz: number
  readonly response: InstrumentResponse | null
  /**
   * Fills `target` with the samples of the present run from `before` samples ahead of a time on; what the run has not
   * (any more) becomes 0.
   */
  copyFrom(at: Instant, before: number, target: Float64Array): void
}

/** Everything that depends on the sample rate. */
interface Chain {
  readonly rateHz: number
  readonly frameLength: number
  readonly frameRateHz: number
  readonly bands: readonly Band[]
  readonly response: InstrumentResponse | null
  /** `null`: the samples are what the ground did, as far as anyone knows. */
  readonly correction: SectionFilter | null
  readonly broadband: SectionFilter
  readonly filters: readonly SectionFilter[]
  readonly samples: Ring
  readonly frames: FrameHistory
  readonly trigger: Trigger | null
  readonly spectrum: PowerSpectrum
  readonly rhythm: PowerSpectrum
  readonly chunk: Float64Array
  readonly wave: Float64Array
  readonly scratch: Float64Array
  readonly energies: Float64Array
  /** For the spectra. */
  readonly block: Float64Array
  readonly envelope: Float64Array
}

function createChain(rateHz: number, response: InstrumentResponse | null, medium: Medium | null): Chain {
  const frameLength = Math.max(1, Math.round(FRAME_S * rateHz))
  const frameRateHz = rateHz / frameLength
  const bands = bandsAt(rateHz)
  const length = Math.ceil(HISTORY_S * frameRateHz)
  const spectrum = createPowerSpectrum(powerOfTwoBelow(WINDOW_S * rateHz))
  const rhythm = createPowerSpectrum(powerOfTwoBelow(1.04 * WINDOW_S * frameRateHz))
  return {
    rateHz,
    frameLength,
    frameRateHz,
    bands,
    response,
    correction: createCorrection(response, rateHz),
    broadband: createBandPass({ lowHz: LOWEST_HZ, highHz: null }, rateHz),
    filters: bands.map((band) => createBandPass(band, rateHz)),
    samples: createRing((HISTORY_S + 4) * rateHz),
    frames: { length, energies: new Float64Array(length * bands.length) },
    trigger: medium ? createTrigger(bands, frameRateHz, triggerClassOf(medium, rateHz)) : null,
    spectrum,
    rhythm,
    chunk: new Float64Array(CHUNK_FRAMES * frameLength),
    wave: new Float64Array(CHUNK_FRAMES * frameLength),
    scratch: new Float64Array(CHUNK_FRAMES * frameLength),
    energies: new Float64Array(CHUNK_FRAMES * bands.length),
    block: new Float64Array(spectrum.size),
    envelope: new Float64Array(rhythm.size),
  }
}

const linesOf = (c: Chain, tones: readonly SpectralPeak[], rhythms: readonly SpectralPeak[]): WindowLines => ({
  tones,
  rhythms,
  toneBinHz: c.rateHz / c.spectrum.size,
  rhythmBinHz: c.frameRateHz / c.rhythm.size,
  toneSize: c.spectrum.size,
  rhythmSize: c.rhythm.size,
})

const powerOfTwoBelow = (x: number): number => 2 ** Math.max(4, Math.floor(Math.log2(x)))

/** @param medium in which transients are sought on this channel; `null`: none are */
export function createChannelAnalyser(medium: Medium | null, on: ChannelEvents, discarded: Discarded): ChannelAnalyser {
  const clock = createRunClock()
  let chain: Chain | null = null
  /** Of the newest block, of the running window, and of the window before: an event may have begun in it. */
  let timing: StampTiming = { clock: 'unsynchronised' }
  let windowTiming: StampTiming | null = null
  let formerTiming: StampTiming | null = null
  /** Samples waiting in the chunk, and frames of the run dealt with. */
  let filled = 0
  let frame = 0
  let offset = 0
  let windowEndMs = 0
  let sums = createWindowSums(0)

  const source = (c: Chain): EventSource => ({
    bands: c.bands,
    frames: c.frames,
    frameRateHz: c.frameRateHz,
    samplesPerFrame: c.frameLength,
    rateHz: c.rateHz,
    samples: c.samples,
  })
  const report = (c: Chain, segment: Segment | null) => {
    if (segment) on.segment(segment, source(c), clock.timeOf, worseTiming(formerTiming, windowTiming ?? timing))
  }

  const closeWindow = (c: Chain) => {
    const coverage = Math.min(1, sums.samples / (WINDOW_S * c.rateHz))
    if (coverage >= SMALLEST_COVERAGE) {
      c.samples.copy(frame * c.frameLength - c.block.length, c.block)
      const tones = toneOf(c.block, c.spectrum, c.rateHz)
      fillEnvelope(c.frames, c.bands.length, frame, c.envelope)
      const rhythms = percussionOf(c.envelope, c.rhythm, c.frameRateHz)
      on.window({
        sums,
        coverage,
        tone: tones.tone,
        percussion: rhythms.percussion,
        lines: medium ? linesOf(c, tones.peaks(), rhythms.peaks()) : null,
        measuredAt: clock.timeOf(frame * c.frameLength - 1),
        timing: windowTiming ?? timing,
      })
    }
    formerTiming = windowTiming
    windowTiming = timing
    clearWindowSums(sums)
  }

  /** Deals with the first `frames` frames of the chunk and moves the rest to its front. */
  const process = (c: Chain, frames: number) => {
    const count = frames * c.frameLength
    c.correction?.run(c.chunk, c.chunk, count)
    c.broadband.run(c.chunk, c.wave, count)
    c.samples.append(c.wave, count)
    for (let b = 0; b < c.bands.length; b++) {
      c.filters[b]!.run(c.wave, c.scratch, count)
      sumFrames(c.scratch, { table: c.energies, bands: c.bands.length, band: b }, frames, c.frameLength)
    }
    for (let f = 0; f < frames; ) {
      const at = lastOf(c, 1)
      if (at >= windowEndMs) {
        if (sums.samples > 0) closeWindow(c)
        windowEndMs = nextWindowEnd(at)
      }
      const end = f + framesInWindow(c, frames - f)
      takeFrames(c, f, end)
      seek(c, f, end)
      f = end
    }
    c.chunk.copyWithin(0, count, filled)
    filled -= count
  }

  /** Time of the last sample of the next `frames` frames. */
  const lastOf = (c: Chain, frames: number): Instant => clock.timeOf((frame + frames) * c.frameLength - 1)

  /** How many of the next `most` frames, the first of them for certain, still belong to the window. */
  const framesInWindow = (c: Chain, most: number): number => {
    let frames = most
    while (frames > 1 && lastOf(c, frames) >= windowEndMs) frames--
    return frames
  }

  /** Frames of the chunk into the sums of the window and into the history. */
  const takeFrames = (c: Chain, from: number, to: number) => {
    const { energies, frames, frameLength } = c
    const bands = c.bands.length
    for (let f = from; f < to; f++) {
      const at = ((frame + f - from) % frames.length) * bands
      for (let b = 0; b < bands; b++) {
        const energy = energies[f * bands + b]!
        frames.energies[at + b] = energy
        sums.bands[b] = sums.bands[b]! + energy * frameLength
      }
    }
    sumWave(sums, c.wave, from * frameLength, to * frameLength)
  }

  /** Seeks transients in frames of the chunk, and counts them as dealt with. */
  const seek = (c: Chain, from: number, to: number) => {
    if (!c.trigger) {
      frame += to - from
      return
    }
    for (let f = from; f < to; f++) {
      const segment = c.trigger.step(c.energies, f * c.bands.length, frame)
      frame++
      report(c, segment)
    }
  }

  const endRun = () => {
    if (!chain || clock.samples === 0) return
    report(chain, chain.trigger?.endRun(frame) ?? null)
    if (sums.samples > 0) closeWindow(chain)
    chain.correction?.reset()
    chain.broadband.reset()
    for (const filter of chain.filters) filter.reset()
    chain.samples.reset()
    filled = 0
    frame = 0
  }

  const beginRun = ({ startAt, rateHz, counts, countsPerUnit, ...block }: WaveformBlock) => {
    const response = block.response ?? null
    if (chain?.rateHz !== rateHz || !isSameResponse(chain.response, response)) {
      chain = createChain(rateHz, response, medium)
      sums = createWindowSums(chain.bands.length)
    }
    clock.begin(startAt, rateHz)
    // The filters start at rest: without the offset of the first sample they would ring for seconds.
    offset = counts[0]! / countsPerUnit
    windowEndMs = nextWindowEnd(startAt)
  }

  /** Fills the chunk with the samples from `from` on, dealing with it each time it is full, and with what is whole. */
  const take = (c: Chain, counts: Int32Array, from: number, unitsPerCount: number) => {
    clock.advance(counts.length - from)
    const { chunk } = c
    let next = from
    while (next < counts.length) {
      const count = Math.min(counts.length - next, chunk.length - filled)
      convertCounts(counts.subarray(next, next + count), { unitsPerCount, offset }, chunk, filled)
      filled += count
      next += count
      const frames = Math.floor(filled / c.frameLength)
      if (frames > 0) process(c, frames)
    }
  }

  return {
    push(block) {
      const { startAt, rateHz, counts, countsPerUnit } = block
      if (!isUsable(block)) {
        discarded.badBlocks++
        return
      }
      // Another response is another instrument: nothing of the old filters' memory may run into it.
      const running = clock.samples > 0 && isSameResponse(chain!.response, block.response ?? null)
      const { gap, drop } = running ? clock.join(startAt, rateHz, counts.length) : { gap: true, drop: 0 }
      discarded.overlapSamples += drop
      if (gap) {
        if (running) discarded.gaps++
        endRun()
        beginRun(block)
      }
      timing = timingOf(block)
      windowTiming = worseTiming(windowTiming, timing)
      take(chain!, counts, drop, 1 / countsPerUnit)
    },
    end: endRun,
    restamp(shift) {
      const reachedMs = clock.timeOf(clock.samples)
      if (!chain || clock.samples === 0 || !isMoved(shift, { at: reachedMs, ...timing })) return
      if (sums.samples > 0) closeWindow(chain)
      clock.shift(shift.byMs)
      windowEndMs = nextWindowEnd(clock.timeOf(frame * chain.frameLength))
      timing = worthAfter(shift, reachedMs)
      windowTiming = timing
      formerTiming = null
    },
    get reachedAt() {
      return clock.samples > 0 ? clock.timeOf(clock.samples) : null
    },
    get rateHz() {
      return chain && clock.samples > 0 ? chain.rateHz : 0
    },
    get response() {
      return chain?.response ?? null
    },
    copyFrom(at, before, target) {
      if (!chain || clock.samples === 0) return void target.fill(0)
      chain.samples.copy(Math.round(((at - clock.timeOf(0)) * chain.rateHz) / 1000) - before, target)
    },
  }
}

/** Without the samples, which are not to be kept. */
const timingOf = ({ clock, clockErrorMs }: WaveformBlock): StampTiming =>
  clockErrorMs === undefined ? { clock } : { clock, clockErrorMs }

/** Rates that a geophone's or microphone's digitiser can have; beyond, the rings would not fit a gateway. */
const SLOWEST_HZ = 20
const FASTEST_HZ = 5000

const isUsable = ({ startAt, rateHz, counts, countsPerUnit }: WaveformBlock): boolean =>
  counts.length > 0 &&
  Number.isFinite(startAt) &&
  rateHz >= SLOWEST_HZ &&
  rateHz <= FASTEST_HZ &&
  Number.isFinite(countsPerUnit) &&
  countsPerUnit !== 0

function isSameResponse(a: InstrumentResponse | null, b: InstrumentResponse | null): boolean {
  if (a === b || !a || !b) return a === b
  return (
    a.cornerHz === b.cornerHz &&
    a.damping === b.damping &&
    a.cornerTolerance === b.cornerTolerance &&
    a.dampingTolerance === b.dampingTolerance &&
    a.uncertainty === b.uncertainty &&
    a.averaging?.order === b.averaging?.order &&
    a.averaging?.rateHz === b.averaging?.rateHz
  )
}

const nextWindowEnd = (at: Instant): number => (Math.floor(at / (1000 * WINDOW_S)) + 1) * 1000 * WINDOW_S
